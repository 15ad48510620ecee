//! Typed clients of the Azure services the resource provider calls.
