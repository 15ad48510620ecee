//! The ARM-facing HTTP service of the resource provider.
