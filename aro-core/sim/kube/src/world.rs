//! Everything that changes together, behind one lock.

use std::collections::{BTreeSet, HashMap};

use crate::registry::Registry;
use crate::storage::State;

/// Objects, resources and what is allocated.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) registry: Registry,
    pub(crate) allocated: Allocated,
    /// By uid of the owner: table and key of what it owns.
    pub(crate) owners: HashMap<String, BTreeSet<(String, String)>>,
}

/// Addresses and ports that services have.
#[derive(Debug, Default)]
pub(crate) struct Allocated {
    next_address: u32,
    ports: BTreeSet<u16>,
    next_port: u16,
}

const FIRST_PORT: u16 = 30000;
const LAST_PORT: u16 = 32767;

impl Allocated {
    /// The next address of 172.30.0.0/16.
    pub(crate) fn address(&mut self) -> String {
        self.next_address += 1;
        let n = self.next_address + 10;
        format!("172.30.{}.{}", (n >> 8) & 0xff, n & 0xff)
    }

    /// A free node port; the wanted one if it is free.
    pub(crate) fn port(&mut self, wanted: Option<u16>) -> Option<u16> {
        if let Some(port) = wanted {
            return self.ports.insert(port).then_some(port);
        }
        for _ in FIRST_PORT..=LAST_PORT {
            let port = FIRST_PORT + self.next_port % (LAST_PORT - FIRST_PORT + 1);
            self.next_port = self.next_port.wrapping_add(1);
            if self.ports.insert(port) {
                return Some(port);
            }
        }
        None
    }
}
