//! The subcommands: each reads its configuration, builds its parts, and runs until it is asked to stop.

pub(crate) mod plan;
mod stop;
pub(crate) mod worker;
