//! Outgoing HTTP as tower layers, and ARM long-running operations.
