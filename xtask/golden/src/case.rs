//! Case files: one JSON object a line, compressed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// What all cases share.
pub(crate) struct Context {
    /// The stored documents that cases name by `currentRef`.
    pub(crate) documents: BTreeMap<String, Value>,
}

impl Context {
    pub(crate) fn read(dir: &Path) -> io::Result<Self> {
        let path = dir.join("documents.json");
        let documents = match File::open(&path) {
            Ok(file) => serde_json::from_reader(BufReader::new(file))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { documents })
    }
}

/// A recorded case.
pub(crate) struct Case {
    pub(crate) file: String,
    pub(crate) id: String,
    pub(crate) version: String,
    pub(crate) op: String,
    pub(crate) value: Value,
    /// The leaves of the document that the request is about, as it was before.
    pub(crate) before: BTreeMap<String, Value>,
    /// See [`as_if`](crate::statics::as_if).
    pub(crate) as_if: OnceLock<BTreeMap<&'static str, Value>>,
}

/// Members of a case that are its outcome.
const OUTCOME: [&str; 5] = ["result", "out", "outText", "steps", "dbAfter"];

impl Case {
    pub(crate) fn new(file: &str, value: Value) -> Self {
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self {
            file: file.to_owned(),
            id: text("id"),
            version: text("apiVersion"),
            op: match file {
                // Conversations are counted by area: the start of their id.
                "kube" => text("id").split('.').next().unwrap_or_default().to_owned(),
                _ => text("op"),
            },
            value,
            before: BTreeMap::new(),
            as_if: OnceLock::new(),
        }
    }

    /// A member of the case by JSON pointer.
    pub(crate) fn get(&self, pointer: &str) -> Option<&Value> {
        self.value.pointer(pointer)
    }

    /// The recorded outcomes, any of which is right; usually one.
    pub(crate) fn expected(&self) -> Vec<Value> {
        let mut recorded = Map::new();
        for name in OUTCOME {
            if let Some(value) = self.value.get(name) {
                recorded.insert(name.to_owned(), value.clone());
            }
        }
        let mut all = vec![Value::Object(recorded.clone())];
        for other in self
            .value
            .get("alternatives")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            recorded.insert("result".to_owned(), other.clone());
            all.push(Value::Object(recorded.clone()));
        }
        all
    }
}

/// The body of a case, byte for byte.
pub(crate) fn body(case: &Value) -> Vec<u8> {
    if let Some(raw) = case
        .get("rawBody")
        .or_else(|| case.pointer("/args/rawBody"))
        .and_then(Value::as_str)
    {
        return raw.as_bytes().to_vec();
    }
    if let Some(encoded) = case.get("bodyBase64").and_then(Value::as_str) {
        return STANDARD.decode(encoded).unwrap_or_default();
    }
    case.get("body")
        .or_else(|| case.get("in"))
        .map(Value::to_string)
        .unwrap_or_default()
        .into_bytes()
}

/// The case files of a folder, in the order of their names.
pub(crate) fn files(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(dir)?
        .collect::<io::Result<Vec<_>>>()?
        .into_iter()
        .map(|entry| entry.path())
        .filter(|path| path.to_string_lossy().ends_with(".jsonl.gz"))
        .collect();
    files.sort();
    Ok(files)
}

/// `static` of `…/static.jsonl.gz`.
pub(crate) fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.trim_end_matches(".jsonl.gz").to_owned()
}

/// Reads all cases of a file.
pub(crate) fn read(path: &Path, name: &str) -> io::Result<Vec<Case>> {
    let lines = BufReader::new(flate2::read::MultiGzDecoder::new(File::open(path)?)).lines();
    lines.map(|line| Ok(Case::new(name, parse(&line?)?))).collect()
}

/// A line as a value. A request that is no value, for text that is not Unicode or numbers beyond all bounds, becomes the
/// `rawBody` of its arguments.
fn parse(line: &str) -> serde_json::Result<Value> {
    let error = match serde_json::from_str(line) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let line = line.replace(":Infinity", ":1e999");
    let mut case = Map::new();
    let mut raw = None;
    for (name, text) in serde_json::from_str::<BTreeMap<String, Box<RawValue>>>(&line)? {
        match serde_json::from_str(text.get()) {
            Ok(value) => {
                case.insert(name, value);
            }
            Err(_) if name == "in" => raw = Some(text.get().to_owned()),
            Err(_) => return Err(error),
        }
    }
    let arguments = case.entry("args").or_insert_with(|| Value::Object(Map::new()));
    if let (Some(raw), Some(arguments)) = (raw, arguments.as_object_mut()) {
        arguments.insert("rawBody".to_owned(), Value::from(raw));
    }
    Ok(Value::Object(case))
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn requests_that_are_no_values_are_kept_as_text() {
        for raw in [r#"{"a":"\ud800"}"#, r#"{"a":1e999}"#] {
            let case = parse(&format!(r#"{{"id":"x","in":{raw},"args":{{"currentRef":"sp"}}}}"#)).unwrap();
            assert_eq!(case["args"]["rawBody"], raw);
            assert_eq!(case["args"]["currentRef"], "sp");
        }
        assert!(parse("{").is_err());
    }
}
