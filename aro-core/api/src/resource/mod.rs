//! How the annotated model is walked: one descriptor for each struct, access to fields by number, and one walker for
//! each purpose.

mod collections;
mod enums;
mod node;
mod shape;

pub(crate) mod change;
pub(crate) mod commit;
pub(crate) mod member;
pub(crate) mod merge;
pub(crate) mod projection;
pub(crate) mod strip;
pub(crate) mod view;
pub(crate) mod walk;

pub use collections::{Dict, Extra, Seq};
pub(crate) use enums::{closed_enum, open_enum, word_value};
pub use node::{Described, List, Map, Mut, Node, Opaque, OptNode, Ref, Value, Word};
pub use shape::{Enumeration, Field, Kind, Shape};
pub use walk::each_mut;

#[cfg(test)]
mod tests;
