pub(super) const KINDS: &[crate::arm::registry::Kind] = &[];
