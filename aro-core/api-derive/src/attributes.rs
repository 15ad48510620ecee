//! Reads the `#[aro(..)]` annotations.

use proc_macro2::Span;
use syn::ext::IdentExt as _;
use syn::parse::ParseStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Data, DeriveInput, Error, Expr, ExprLit, Fields, Ident, Lit, LitStr, Meta, Result, Token};

/// An annotated struct.
pub struct Resource {
    pub name: Ident,
    pub def: String,
    pub doc: String,
    pub fields: Vec<Field>,
    /// The field that keeps unknown members.
    pub extra: Ident,
}

/// A set of versions as written: names and open ranges.
pub enum Versions {
    All,
    Listed(Vec<Range>),
}

/// One entry of a set of versions.
pub enum Range {
    One(LitStr),
    Since(LitStr),
}

/// An annotated field.
pub struct Field {
    pub member: Ident,
    pub ty: syn::Type,
    pub doc: String,
    pub name: String,
    pub stored: String,
    /// Keys with a set of versions, in the order of [`VERSIONED`].
    pub versions: Vec<(&'static str, Versions)>,
    /// Flags that are set.
    pub flags: Vec<&'static str>,
}

/// Keys that take a set of versions; each is a member of `aro_api::resource::Field`.
pub const VERSIONED: [&str; 9] = [
    "in",
    "always",
    "mutable",
    "read_only",
    "output",
    "no_case",
    "replace",
    "early",
    "unseen",
];
/// Flags; each is a member of `aro_api::resource::Field`.
pub const FLAGS: [&str; 12] = [
    "first",
    "last",
    "null_clears",
    "header",
    "keep_on_null",
    "never_written",
    "request_only",
    "stored_always",
    "key",
    "fresh_on_put",
    "grows",
    "not_null",
];

impl Resource {
    pub fn parse(input: &DeriveInput) -> Result<Self> {
        let Data::Struct(data) = &input.data else {
            return Err(Error::new_spanned(&input.ident, "Resource is derived for structs only"));
        };
        let Fields::Named(named) = &data.fields else {
            return Err(Error::new_spanned(&input.ident, "Resource needs named fields"));
        };
        let def = parse_aro(&input.attrs, definition)?
            .into_iter()
            .next()
            .ok_or_else(|| Error::new_spanned(&input.ident, "missing #[aro(def = \"..\")]"))?;
        let mut extra = None;
        let mut fields = Vec::new();
        for field in &named.named {
            let Some(member) = field.ident.clone() else { continue };
            let keys = parse_aro(&field.attrs, Key::parse)?;
            if matches!(keys.as_slice(), [Key::Flag("extra")]) {
                extra = Some(member);
                continue;
            }
            fields.push(Field::assemble(member, field, keys)?);
        }
        let extra = extra.ok_or_else(|| Error::new_spanned(&input.ident, "missing a field marked #[aro(extra)]"))?;
        Ok(Self {
            name: input.ident.clone(),
            def,
            doc: doc(&input.attrs),
            fields,
            extra,
        })
    }
}

impl Field {
    fn assemble(member: Ident, field: &syn::Field, keys: Vec<Key>) -> Result<Self> {
        let (mut name, mut stored) = (None, None);
        let (mut versions, mut flags) = (Vec::new(), Vec::new());
        for key in keys {
            match key {
                Key::Name(value) => name = Some(value),
                Key::Stored(value) => stored = Some(value),
                Key::Versions(key, set) => versions.push((key, set)),
                Key::Flag(flag) => flags.push(flag),
            }
        }
        let name = name.ok_or_else(|| Error::new_spanned(&member, "missing #[aro(name = \"..\")]"))?;
        let doc = doc(&field.attrs);
        if doc.is_empty() {
            return Err(Error::new_spanned(&member, "a resource member needs documentation"));
        }
        let stored = stored.unwrap_or_else(|| name.clone());
        Ok(Self {
            member,
            ty: field.ty.clone(),
            doc,
            name,
            stored,
            versions,
            flags,
        })
    }
}

enum Key {
    Name(String),
    Stored(String),
    Versions(&'static str, Versions),
    Flag(&'static str),
}

impl Key {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let ident = input.call(Ident::parse_any)?;
        let word = ident.to_string();
        if word == "name" || word == "stored" {
            input.parse::<Token![=]>()?;
            let value = input.parse::<LitStr>()?.value();
            return Ok(if word == "name" {
                Self::Name(value)
            } else {
                Self::Stored(value)
            });
        }
        if word == "extra" {
            return Ok(Self::Flag("extra"));
        }
        if let Some(key) = VERSIONED.iter().find(|key| word == **key) {
            if !input.peek(syn::token::Paren) {
                return Ok(Self::Versions(key, Versions::All));
            }
            let content;
            syn::parenthesized!(content in input);
            let list = Punctuated::<Expr, Token![,]>::parse_terminated(&content)?;
            return Ok(Self::Versions(
                key,
                Versions::Listed(list.iter().map(Range::parse).collect::<Result<_>>()?),
            ));
        }
        match FLAGS.iter().find(|flag| word == **flag) {
            Some(flag) => Ok(Self::Flag(flag)),
            None => Err(Error::new(ident.span(), format!("unknown annotation {word}"))),
        }
    }
}

impl Range {
    fn parse(expr: &Expr) -> Result<Self> {
        match expr {
            Expr::Range(range) if range.end.is_none() => match &range.start {
                Some(start) => Ok(Self::Since(literal(start)?)),
                None => Err(Error::new_spanned(expr, "a range of versions needs a first version")),
            },
            other => Ok(Self::One(literal(other)?)),
        }
    }
}

fn literal(expr: &Expr) -> Result<LitStr> {
    match expr {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text), ..
        }) => Ok(text.clone()),
        other => Err(Error::new_spanned(other, "expected a version in quotes")),
    }
}

fn definition(input: ParseStream<'_>) -> Result<String> {
    let ident = input.call(Ident::parse_any)?;
    if ident != "def" {
        return Err(Error::new(ident.span(), "expected def"));
    }
    input.parse::<Token![=]>()?;
    Ok(input.parse::<LitStr>()?.value())
}

fn parse_aro<T>(attributes: &[Attribute], parse: fn(ParseStream<'_>) -> Result<T>) -> Result<Vec<T>> {
    let mut all = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("aro")) {
        let parser = |input: ParseStream<'_>| Punctuated::<T, Token![,]>::parse_terminated_with(input, parse);
        all.extend(attribute.parse_args_with(parser)?);
    }
    if all.is_empty() {
        return Err(Error::new(
            Span::call_site(),
            "every struct and member of a resource needs #[aro(..)]",
        ));
    }
    Ok(all)
}

/// The documentation comment as one line.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => Some(text.value().trim().to_owned()),
            _ => None,
        },
        _ => None,
    });
    lines.collect::<Vec<_>>().join(" ").trim().to_owned()
}
