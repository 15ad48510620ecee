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

/// Where the search for the next free address and port of a service starts.
#[derive(Debug, Default)]
pub(crate) struct Allocated {
    pub(crate) next_address: u32,
    pub(crate) next_port: u16,
}
