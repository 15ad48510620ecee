//! What the annotations of a struct say.

use crate::version::Versions;

/// The descriptor of a resource struct.
#[derive(Debug)]
pub struct Shape {
    /// The name of its definition in the API description.
    pub def: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// Its members in declared order.
    pub fields: &'static [Field],
    /// Numbers of the members, by JSON name.
    pub sorted: &'static [usize],
    /// Numbers of the members in the order in which the modern dialect reports changes.
    pub ranked: &'static [usize],
}

/// The descriptor of a member.
#[derive(Debug)]
pub struct Field {
    /// The name in requests and replies.
    pub name: &'static str,
    /// The name in the store.
    pub stored: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// The type.
    pub kind: Kind,
    /// The versions that have the member.
    pub visible: Versions,
    /// Shown even where zero.
    pub always: Versions,
    /// May be changed. Wins over `read_only`; what is in none of these sets may be set on create only.
    pub mutable: Versions,
    /// Written by the service; a request may repeat the value, not change it.
    pub read_only: Versions,
    /// Written by the service; what a request says is ignored.
    pub output: Versions,
    /// Compared without regard to letter case.
    pub no_case: Versions,
    /// A map that a request replaces as a whole instead of adding to it.
    pub replace: Versions,
    /// Shown before the member declared before it.
    pub early: Versions,
    /// Part of the version, but never shown, and no request may set it.
    pub unseen: Versions,
    /// The modern dialect ranks it before the others.
    pub first: bool,
    /// The modern dialect ranks it after the others.
    pub last: bool,
    /// null clears it in the modern dialect too.
    pub null_clears: bool,
    /// Comes from a header of the request, never from its body.
    pub header: bool,
    /// null in a request leaves what is stored.
    pub keep_on_null: bool,
    /// No request writes it.
    pub never_written: bool,
    /// Part of the request; neither stored nor shown.
    pub request_only: bool,
    /// Stored even where zero.
    pub stored_always: bool,
    /// Names the element in a list.
    pub key: bool,
    /// An object that starts empty where a PUT mentions it, and is kept where it does not.
    pub fresh_on_put: bool,
    /// A map whose entries no request takes away.
    pub grows: bool,
    /// null in a request does not make it absent.
    pub not_null: bool,
}

/// The type of a member.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Text, absent where empty.
    Str,
    /// Text that may be absent.
    OptStr,
    /// A whole number, absent where zero.
    Int,
    /// A whole number that may be absent.
    OptInt,
    /// A truth value, absent where false.
    Bool,
    /// A point in time that may be absent.
    Time,
    /// One of some words.
    Word(&'static Enumeration),
    /// A secret text, absent where empty.
    Secret,
    /// A secret text that may be absent.
    OptSecret,
    /// Secret bytes, absent where empty.
    SecretBytes,
    /// An object.
    Struct(fn() -> &'static Shape),
    /// An object that may be absent.
    OptStruct(fn() -> &'static Shape),
    /// A list that may be absent.
    List(&'static Kind),
    /// A map that may be absent.
    Map(&'static Kind),
    /// A value with a JSON form of its own.
    Opaque,
}

/// The descriptor of an enumeration.
#[derive(Debug)]
pub struct Enumeration {
    /// The name of its type.
    pub name: &'static str,
    /// Its documentation.
    pub doc: &'static str,
    /// The words that this build knows, each with its documentation.
    pub words: &'static [(&'static str, &'static str)],
}

impl Shape {
    /// The number of the member that names an element in a list.
    pub fn key(&self) -> Option<usize> {
        self.fields.iter().position(|field| field.key)
    }
}
