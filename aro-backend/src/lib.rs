//! The services behind the frontend: the worker.
