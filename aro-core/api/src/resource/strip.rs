//! What is taken out of a cluster before a request is laid over it.

use super::walk::{each_mut, reset};
use super::{Mut, Node};
use crate::version::ApiVersion;

/// Resets what the service writes itself, so that what is there afterwards came from the request.
pub(crate) fn strip(node: &mut dyn Node, version: ApiVersion) {
    for (number, field) in node.shape().fields.iter().enumerate() {
        if !field.visible.contains(version) || field.mutable.contains(version) && !has_members(node.get_mut(number)) {
            continue;
        }
        if field.read_only.contains(version) || field.output.contains(version) || field.unseen.contains(version) {
            reset(node.get_mut(number));
        } else {
            below(node.get_mut(number), &mut |node| strip(node, version));
        }
    }
}

/// Resets everything that a version shows, as a PUT replaces it; what it does not show stays.
pub(crate) fn hide(node: &mut dyn Node, version: ApiVersion) {
    for (number, field) in node.shape().fields.iter().enumerate() {
        if field.visible.contains(version) {
            match node.get_mut(number) {
                Mut::Struct(below) => hide(below, version),
                other => reset(other),
            }
        }
    }
}

/// Resets everything that a version does not show.
pub(crate) fn keep_visible(node: &mut dyn Node, version: ApiVersion) {
    *node.extra_mut() = Default::default();
    for (number, field) in node.shape().fields.iter().enumerate() {
        if field.visible.contains(version) {
            below(node.get_mut(number), &mut |node| keep_visible(node, version));
        } else {
            reset(node.get_mut(number));
        }
    }
}

fn has_members(value: Mut<'_>) -> bool {
    matches!(value, Mut::Struct(_) | Mut::OptStruct(_) | Mut::List(_) | Mut::Map(_))
}

/// Calls `visit` with every struct directly below a value.
fn below(value: Mut<'_>, visit: &mut dyn FnMut(&mut dyn Node)) {
    each_mut(value, &mut |value| {
        if let Mut::Struct(node) = value {
            visit(node);
        }
    });
}
