//! What ARM asks before it deploys a template.

pub(crate) mod post;
