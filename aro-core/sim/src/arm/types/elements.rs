pub(super) fn answer(_cx: &crate::arm::cx::Cx<'_>, _arm: &crate::arm::front::ArmCall<'_>) -> Option<Result<crate::call::Reply, crate::arm::error::ArmError>> { None }
