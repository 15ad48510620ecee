//! The world as a client sees it: over the wire, with nothing but its certificate authority and a secret.

mod client;
mod directory;
mod faults;
mod groups;
mod network;
mod relay;
