//! Plain Python objects to JSON text and back, without a tree in between: members keep their order.

use std::fmt;

use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{self, Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::value::RawValue;

/// Documents nest six deep; what is far deeper refers to itself.
const DEEPEST: usize = 100;

/// The JSON text of dictionaries, lists, strings, numbers, booleans and None.
///
/// # Errors
/// TypeError for an object of another type or a key that is no string, ValueError for a number that JSON has not and
/// for what nests without end.
pub(crate) fn to_text(value: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let node = Node { value, depth: 0 };
    serde_json::to_vec(&node).map_err(|error| {
        let message = error.to_string();
        if message.ends_with(IS_NO_JSON) {
            PyTypeError::new_err(message)
        } else {
            PyValueError::new_err(message)
        }
    })
}

/// The same as a document to be sent.
///
/// # Errors
/// As [`to_text`].
pub(crate) fn to_raw(value: &Bound<'_, PyAny>) -> PyResult<Box<RawValue>> {
    serde_json::from_slice(&to_text(value)?).map_err(invalid)
}

/// The Python objects that a JSON text describes.
///
/// # Errors
/// ValueError when it is no JSON.
pub(crate) fn from_text<'py>(py: Python<'py>, text: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let mut reader = serde_json::Deserializer::from_slice(text);
    let value = Seed { py }.deserialize(&mut reader).map_err(invalid)?;
    reader.end().map_err(invalid)?;
    Ok(value)
}

fn invalid(error: serde_json::Error) -> PyErr {
    PyValueError::new_err(format!(
        "The text is no JSON (line {}, column {}).",
        error.line(),
        error.column()
    ))
}

const IS_NO_JSON: &str = "Use dictionaries with string keys, lists, strings, numbers, booleans and None.";

// === writing ===

struct Node<'a, 'py> {
    value: &'a Bound<'py, PyAny>,
    depth: usize,
}

impl Node<'_, '_> {
    fn below<'b, 'py>(&self, value: &'b Bound<'py, PyAny>) -> Node<'b, 'py> {
        Node {
            value,
            depth: self.depth + 1,
        }
    }

    fn sequence<'py, S: Serializer>(
        &self,
        serializer: S,
        length: usize,
        items: impl Iterator<Item = Bound<'py, PyAny>>,
    ) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(Some(length))?;
        for item in items {
            sequence.serialize_element(&self.below(&item))?;
        }
        sequence.end()
    }
}

impl Serialize for Node<'_, '_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let failed = |error: PyErr| ser::Error::custom(error);
        if self.depth > DEEPEST {
            return Err(ser::Error::custom(
                "The document nests too deep; does it contain itself?",
            ));
        }
        let value = self.value;
        if let Ok(text) = value.cast::<PyString>() {
            return serializer.serialize_str(&text.to_cow().map_err(failed)?);
        }
        if let Ok(dictionary) = value.cast::<PyDict>() {
            let mut map = serializer.serialize_map(Some(dictionary.len()))?;
            for (key, member) in dictionary {
                let Ok(key) = key.cast::<PyString>() else {
                    return Err(ser::Error::custom(format!(
                        "A key of a dictionary is no string. {IS_NO_JSON}"
                    )));
                };
                map.serialize_entry(&*key.to_cow().map_err(failed)?, &self.below(&member))?;
            }
            return map.end();
        }
        if let Ok(list) = value.cast::<PyList>() {
            return self.sequence(serializer, list.len(), list.iter());
        }
        if let Ok(tuple) = value.cast::<PyTuple>() {
            return self.sequence(serializer, tuple.len(), tuple.iter());
        }
        // Before int: a bool is one in Python.
        if let Ok(truth) = value.cast::<PyBool>() {
            return serializer.serialize_bool(truth.is_true());
        }
        if value.is_none() {
            return serializer.serialize_unit();
        }
        if value.cast::<PyInt>().is_ok() {
            return match value.extract::<i64>() {
                Ok(number) => serializer.serialize_i64(number),
                Err(_) => serializer.serialize_u64(value.extract::<u64>().map_err(failed)?),
            };
        }
        if let Ok(number) = value.cast::<PyFloat>() {
            let number = number.value();
            if !number.is_finite() {
                return Err(ser::Error::custom(format!("JSON has no number {number}.")));
            }
            return serializer.serialize_f64(number);
        }
        let kind = value.get_type().name().map_err(failed)?;
        Err(ser::Error::custom(format!(
            "An object of type {kind} is no JSON. {IS_NO_JSON}"
        )))
    }
}

// === reading ===

#[derive(Clone, Copy)]
struct Seed<'py> {
    py: Python<'py>,
}

impl<'de, 'py> DeserializeSeed<'de> for Seed<'py> {
    type Value = Bound<'py, PyAny>;

    fn deserialize<D: de::Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, 'py> Visitor<'de> for Seed<'py> {
    type Value = Bound<'py, PyAny>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(self.py.None().into_bound(self.py))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(PyBool::new(self.py, value).to_owned().into_any())
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(PyInt::new(self.py, value).into_any())
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(PyInt::new(self.py, value).into_any())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(PyFloat::new(self.py, value).into_any())
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(PyString::new(self.py, value).into_any())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let list = PyList::empty(self.py);
        while let Some(item) = items.next_element_seed(self)? {
            list.append(item).map_err(de::Error::custom)?;
        }
        Ok(list.into_any())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let dictionary = PyDict::new(self.py);
        while let Some(name) = members.next_key::<std::borrow::Cow<'de, str>>()? {
            let member = members.next_value_seed(self)?;
            dictionary.set_item(name.as_ref(), member).map_err(de::Error::custom)?;
        }
        Ok(dictionary.into_any())
    }
}
