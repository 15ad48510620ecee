pub(super) const KINDS: &[crate::arm::registry::Kind] = &[];
pub(crate) const VM: &str = "Microsoft.Compute/virtualMachines";
