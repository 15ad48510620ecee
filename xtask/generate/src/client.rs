//! The generated part of aro-client: calls and types by progenitor, enumerations by us.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use aro_api::swagger::openapi;
use progenitor_impl::{GenerationSettings, Generator, InterfaceStyle, TagStyle, TypeImpl};
use schemars::schema::{InstanceType, SchemaObject};

use crate::{Failure, enumerations, places};

/// Files below the root, with their content.
pub fn files() -> Result<BTreeMap<String, String>, Failure> {
    let document = openapi::document();
    let mut settings = GenerationSettings::new();
    let inner = parse("std::sync::Arc<crate::transport::Transport>")?;
    settings
        // Functions with positional parameters: half of the code of builders, and the layer on top names them anyway.
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged)
        .with_inner_type(inner)
        .with_map_type("::std::collections::BTreeMap")
        .with_derive("PartialEq");
    for enumeration in enumerations::known() {
        let name = enumeration.name();
        settings.with_replacement(name, format!("crate::enumerations::{name}"), every_text());
    }
    settings.with_conversion(text("password"), "crate::Secret", [TypeImpl::Default].into_iter());
    settings.with_conversion(text("date-time"), "crate::Timestamp", [TypeImpl::Display].into_iter());

    let document = serde_json::from_str(&document.to_text()).map_err(refused)?;
    let tokens = Generator::new(&settings).generate_tokens(&document).map_err(refused)?;
    let file = syn::parse2(tokens).map_err(refused)?;
    let head = format!(
        "//! Calls and types. Made by `cargo xtask generate` of `swagger/openapi`; not to be edited.\n\
         //!\n//! Fingerprint of the description: {}\n\n",
        openapi::fingerprint()
    );
    let calls = format!("{head}{}", prettyplease::unparse(&file));
    let head = "//! Enumerations. Made by `cargo xtask generate` of the model in aro-api; not to be edited.\n\n";
    let enumerations = format!("{head}{}", enumerations::source());
    let head = "//! Where operations live. Made by `cargo xtask generate` of `swagger/openapi`; not to be edited.\n\n";
    let places = format!("{head}{}", places::source());
    Ok(BTreeMap::from([
        ("aro-client/src/generated.rs".to_owned(), formatted(&calls)?),
        ("aro-client/src/enumerations.rs".to_owned(), formatted(&enumerations)?),
        ("aro-client/src/places.rs".to_owned(), formatted(&places)?),
    ]))
}

fn every_text() -> impl Iterator<Item = TypeImpl> {
    [TypeImpl::Display, TypeImpl::FromStr].into_iter()
}

fn text(format: &str) -> SchemaObject {
    SchemaObject {
        instance_type: Some(InstanceType::String.into()),
        format: Some(format.to_owned()),
        ..SchemaObject::default()
    }
}

fn parse(code: &str) -> Result<proc_macro2::TokenStream, Failure> {
    code.parse().map_err(refused)
}

/// As `cargo fmt` leaves it, so that it need not be excepted from that.
fn formatted(code: &str) -> Result<String, Failure> {
    let configuration = concat!(env!("CARGO_MANIFEST_DIR"), "/../../rustfmt.toml");
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--config-path", configuration])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(refused)?;
    // rustfmt reads all of it before it writes.
    if let Some(mut stdin) = rustfmt.stdin.take() {
        stdin.write_all(code.as_bytes()).map_err(refused)?;
    }
    let output = rustfmt.wait_with_output().map_err(refused)?;
    if !output.status.success() {
        return Err(Failure::Client(format!("rustfmt ended with {}", output.status)));
    }
    String::from_utf8(output.stdout).map_err(refused)
}

fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::Client(error.to_string())
}
