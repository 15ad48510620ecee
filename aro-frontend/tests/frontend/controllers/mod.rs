//! What each resource answers.

mod admin;
mod clusters;
mod openshift_versions;
mod operations;
mod preflight;
mod subscriptions;
