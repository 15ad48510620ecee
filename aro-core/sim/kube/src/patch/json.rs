//! JSON patch (RFC 6902) with the server's laxities.
//!
//! | operation | where the server differs |
//! |---|---|
//! | `test` | a missing member equals null, if its parent is there |
//! | `replace` | of a missing member adds it |

use json_patch::{AddOperation, PatchOperation};
use serde_json::Value;

use super::PatchError;

/// Most operations in one document.
const MOST: usize = 10_000;

/// Applies a JSON patch; nothing is applied where one operation fails.
///
/// # Errors
/// [`PatchError::Malformed`] where the document is no list of operations, [`PatchError::TooLarge`] where there are
/// too many, [`PatchError::Failed`] where one does not hold.
pub fn json(current: &Value, patch: &Value) -> Result<Value, PatchError> {
    let Value::Array(list) = patch else {
        return Err(PatchError::Malformed(format!(
            "error decoding patch: json: cannot unmarshal {} into Go value of type []handlers.jsonPatchOp",
            kind(patch)
        )));
    };
    if list.len() > MOST {
        return Err(PatchError::TooLarge(format!(
            "The allowed maximum operations in a JSON patch is {MOST}, got {}",
            list.len()
        )));
    }
    let mut document = current.clone();
    for operation in list {
        let operation = serde_json::from_value(operation.clone()).map_err(|_| PatchError::Failed)?;
        apply(&mut document, operation)?;
    }
    Ok(document)
}

fn apply(document: &mut Value, operation: PatchOperation) -> Result<(), PatchError> {
    let operation = match operation {
        PatchOperation::Test(test) if test.value.is_null() && test.path.resolve(document).is_err() => {
            let parent = test.path.parent().ok_or(PatchError::Failed)?;
            return parent.resolve(document).map(|_| ()).map_err(|_| PatchError::Failed);
        }
        PatchOperation::Replace(replace) if !replace.path.is_root() && replace.path.resolve(document).is_err() => {
            PatchOperation::Add(AddOperation {
                path: replace.path,
                value: replace.value,
            })
        }
        other => other,
    };
    json_patch::patch(document, &[operation]).map_err(|_| PatchError::Failed)
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json as value;

    #[test]
    fn a_missing_member_equals_null_if_its_parent_is_there() {
        let current = value!({ "metadata": { "name": "m" } });
        let test = |path: &str| json(&current, &value!([{ "op": "test", "path": path, "value": null }]));
        assert_eq!(test("/metadata/finalizers"), Ok(current.clone()));
        assert_eq!(test("/metadata/labels/x"), Err(PatchError::Failed));
        assert_eq!(test("/metadata/name"), Err(PatchError::Failed));
    }

    #[test]
    fn replacing_a_missing_member_adds_it() {
        let patched = json(
            &value!({ "a": {} }),
            &value!([{ "op": "replace", "path": "/a/b", "value": 1 }]),
        );
        assert_eq!(patched, Ok(value!({ "a": { "b": 1 } })));
    }

    #[test]
    fn nothing_is_applied_where_one_operation_fails() {
        let current = value!({ "a": 1 });
        let patch = value!([{ "op": "replace", "path": "/a", "value": 2 }, { "op": "remove", "path": "/b" }]);
        assert_eq!(json(&current, &patch), Err(PatchError::Failed));
    }
}
