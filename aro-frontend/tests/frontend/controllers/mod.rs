//! What each resource answers.

mod admin;
mod clusters;
mod maintenance;
mod openshift_versions;
mod operations;
mod preflight;
mod subscriptions;
