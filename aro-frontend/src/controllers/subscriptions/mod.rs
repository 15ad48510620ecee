//! Subscriptions, as ARM tells about their life.

pub(crate) mod put;
mod shown;
