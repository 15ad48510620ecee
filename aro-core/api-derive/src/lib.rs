//! `#[derive(Resource)]`: turns the annotations of a resource struct into a static descriptor and into access to its
//! fields by number, so that one walker per purpose serves every struct of the model.
//!
//! The struct names its definition, and each field says what it is:
//!
//! ```ignore
//! /// A thing.
//! #[derive(Clone, Default, PartialEq, Resource)]
//! #[aro(def = "Thing")]
//! struct Thing {
//!     /// Its name.
//!     #[aro(name = "name", in("2023-11-22".., "admin"), no_case)]
//!     name: String,
//!     #[aro(extra)]
//!     rest: Extra,
//! }
//! ```
//!
//! Keys with a set of versions: `in`, `always`, `mutable`, `read_only`, `output`, `no_case`, `replace`, `early`, `unseen`; the
//! set is a list of names and open ranges, and a bare `mutable` means every version. Flags: `first`, `last`,
//! `null_clears`, `header`, `keep_on_null`, `never_written`, `request_only`, `stored_always`, `key`,
//! `fresh_on_put`, `grows`, `not_null`, `extra`. What they
//! mean is said at `aro_api::resource::Field`.

mod attributes;
mod emit;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `Node`, `Described` and `Value` of `aro_api::resource` for a struct; see the crate's documentation.
#[proc_macro_derive(Resource, attributes(aro))]
pub fn resource(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    attributes::Resource::parse(&input)
        .map(|resource| emit::emit(&resource))
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}
