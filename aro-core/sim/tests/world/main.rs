//! The world as a client sees it: over the wire, with nothing but its certificate authority and a secret.

mod access;
mod client;
mod cluster;
mod directory;
mod faults;
mod groups;
mod network;
mod relay;
mod storage;
