//! Who wants to know when the machines of a resource group, or what comes with them, change.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

/// Types whose changes are told, as they stand in keys.
const TOLD: [&str; 3] = [
    "/providers/microsoft.compute/virtualmachines/",
    "/providers/microsoft.compute/disks/",
    "/providers/microsoft.network/networkinterfaces/",
];

/// A bell for each resource group in which somebody listens.
#[derive(Clone, Default)]
pub(crate) struct Bells(Arc<Mutex<HashMap<String, watch::Sender<()>>>>);

impl Bells {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, watch::Sender<()>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Listens for changes in the group with that key.
    pub(crate) fn listen(&self, group: &str) -> watch::Receiver<()> {
        let mut all = self.lock();
        all.retain(|_, bell| bell.receiver_count() > 0);
        all.entry(group.to_owned())
            .or_insert_with(|| watch::Sender::new(()))
            .subscribe()
    }

    /// Tells that the resource with that key has changed.
    pub(crate) fn ring(&self, key: &str) {
        let Some(end) = TOLD.iter().find_map(|kind| key.find(kind)) else {
            return;
        };
        if let Some(bell) = self.lock().get(&key[..end]) {
            bell.send_replace(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bell_rings_for_its_own_group_and_for_machines_only() {
        let bells = Bells::default();
        let mut listener = bells.listen("/subscriptions/s/resourcegroups/one");
        for (key, expected) in [
            (
                "/subscriptions/s/resourcegroups/one/providers/microsoft.compute/virtualmachines/m",
                true,
            ),
            (
                "/subscriptions/s/resourcegroups/one/providers/microsoft.network/publicipaddresses/p",
                false,
            ),
            (
                "/subscriptions/s/resourcegroups/two/providers/microsoft.compute/disks/d",
                false,
            ),
        ] {
            bells.ring(key);
            assert_eq!(listener.has_changed().unwrap(), expected, "{key}");
            listener.mark_unchanged();
        }
    }
}
