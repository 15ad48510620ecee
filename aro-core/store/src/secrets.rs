//! Finding the secrets of a resource, wherever they are in it.

use aro_api::resource::{Mut, Node, Ref, each_mut};
use aro_api::{Sealer, Secret, SecretBytes};

use crate::KeyRing;

/// Whether a secret of the resource was sealed with another key than the active one.
pub(crate) fn any_stale(node: &dyn Node, keys: &KeyRing) -> bool {
    let stale = |sealed: Option<&str>| sealed.is_some_and(|sealed| keys.is_stale(sealed));
    (0..node.shape().fields.len()).any(|number| any_stale_in(node.get(number), keys, &stale))
}

fn any_stale_in(value: Ref<'_>, keys: &KeyRing, stale: &dyn Fn(Option<&str>) -> bool) -> bool {
    match value {
        Ref::Secret(secret) | Ref::OptSecret(Some(secret)) => stale(secret.sealed_text()),
        Ref::SecretBytes(secret) => stale(secret.sealed_text()),
        Ref::Struct(node) | Ref::OptStruct(Some(node)) => any_stale(node, keys),
        Ref::List(list) => (0..list.len())
            .filter_map(|index| list.at(index))
            .any(|value| any_stale_in(value, keys, stale)),
        Ref::Map(map) => map.entries().any(|(_, value)| any_stale_in(value, keys, stale)),
        Ref::OptSecret(None)
        | Ref::OptStruct(None)
        | Ref::Str(_)
        | Ref::OptStr(_)
        | Ref::Int(_)
        | Ref::OptInt(_)
        | Ref::Bool(_)
        | Ref::Time(_)
        | Ref::Word(_)
        | Ref::Opaque(_) => false,
    }
}

/// Opens the secrets that an older key has sealed, so that the next write seals them with the active one. What does
/// not open stays as it is: a write must not fail for it, nor lose it.
pub(crate) fn open_stale(node: &mut dyn Node, keys: &KeyRing, document: &str) {
    let keep = |error: aro_api::SealError| {
        tracing::warn!(error = %error, "a secret sealed with an older key does not open and stays as it is");
    };
    visit(node, &mut |found| match found {
        Found::Text(secret) if secret.sealed_text().is_some_and(|sealed| keys.is_stale(sealed)) => {
            match secret.open(keys as &dyn Sealer, document) {
                Ok(plain) => *secret = Secret::new(plain.as_str()),
                Err(error) => keep(error),
            }
        }
        Found::Bytes(secret) if secret.sealed_text().is_some_and(|sealed| keys.is_stale(sealed)) => {
            match secret.open(keys as &dyn Sealer, document) {
                Ok(plain) => *secret = SecretBytes::new(plain.as_slice()),
                Err(error) => keep(error),
            }
        }
        Found::Text(_) | Found::Bytes(_) => {}
    });
}

/// Takes all secrets away.
pub(crate) fn clear(node: &mut dyn Node) {
    visit(node, &mut |found| match found {
        Found::Text(secret) => *secret = Secret::default(),
        Found::Bytes(secret) => *secret = SecretBytes::default(),
    });
}

enum Found<'a> {
    Text(&'a mut Secret),
    Bytes(&'a mut SecretBytes),
}

fn visit(node: &mut dyn Node, act: &mut dyn FnMut(Found<'_>)) {
    for number in 0..node.shape().fields.len() {
        each_mut(node.get_mut(number), &mut |value| match value {
            Mut::Secret(secret) | Mut::OptSecret(Some(secret)) => act(Found::Text(secret)),
            Mut::SecretBytes(secret) => act(Found::Bytes(secret)),
            Mut::Struct(node) => visit(node, act),
            Mut::OptSecret(None)
            | Mut::OptStruct(_)
            | Mut::List(_)
            | Mut::Map(_)
            | Mut::Str(_)
            | Mut::OptStr(_)
            | Mut::Int(_)
            | Mut::OptInt(_)
            | Mut::Bool(_)
            | Mut::Time(_)
            | Mut::Word(_)
            | Mut::Opaque(_) => {}
        });
    }
}
