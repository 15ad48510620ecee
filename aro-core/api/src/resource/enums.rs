//! Enumerations: open ones keep words that this build does not know.

/// Declares an enumeration that keeps words it does not know. The empty word is `Unset`.
macro_rules! open_enum {
    ($(#[doc = $doc:literal])+ $name:ident { $($(#[doc = $variant_doc:literal])+ $variant:ident = $word:literal,)* }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name {
            /// Nothing was said.
            #[default]
            Unset,
            $($(#[doc = $variant_doc])+ $variant,)*
            /// A word that this build does not know.
            Other(Box<str>),
        }

        impl $name {
            /// The words that this build knows.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// The word; empty where nothing was said.
            pub fn as_str(&self) -> &str {
                match self {
                    Self::Unset => "",
                    $(Self::$variant => $word,)*
                    Self::Other(word) => word,
                }
            }

            /// Whether nothing was said.
            pub fn is_unset(&self) -> bool {
                matches!(self, Self::Unset)
            }
        }

        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word {
                    "" => Self::Unset,
                    $($word => Self::$variant,)*
                    other => Self::Other(other.into()),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl crate::resource::Word for $name {
            fn word(&self) -> &str {
                self.as_str()
            }

            fn set_word(&mut self, word: &str) -> bool {
                *self = Self::from(word);
                true
            }

            fn is_open(&self) -> bool {
                true
            }
        }

        crate::resource::word_value!($name, concat!($($doc),+), [$(($word, concat!($($variant_doc),+))),*]);
    };
}

/// Declares an enumeration that refuses words it does not know. The first word is the default.
macro_rules! closed_enum {
    ($(#[doc = $doc:literal])+ $name:ident {
        $(#[doc = $first_doc:literal])+ $first:ident = $first_word:literal,
        $($(#[doc = $variant_doc:literal])+ $variant:ident = $word:literal,)*
    }) => {
        $(#[doc = $doc])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub enum $name {
            $(#[doc = $first_doc])+
            #[default]
            $first,
            $($(#[doc = $variant_doc])+ $variant,)*
        }

        impl $name {
            /// The word.
            pub fn as_str(&self) -> &'static str {
                match self {
                    Self::$first => $first_word,
                    $(Self::$variant => $word,)*
                }
            }
        }

        impl crate::resource::Word for $name {
            fn word(&self) -> &str {
                self.as_str()
            }

            fn set_word(&mut self, word: &str) -> bool {
                for known in [Self::$first, $(Self::$variant),*] {
                    if word.eq_ignore_ascii_case(known.as_str()) {
                        *self = known;
                        return true;
                    }
                }
                false
            }

            fn is_open(&self) -> bool {
                false
            }
        }

        crate::resource::word_value!(
            $name,
            concat!($($doc),+),
            [($first_word, concat!($($first_doc),+)), $(($word, concat!($($variant_doc),+))),*]
        );
    };
}

/// A word as a member. The documentation goes into the API descriptions; each line of it begins with a space.
macro_rules! word_value {
    ($name:ident, $doc:expr, $words:expr) => {
        impl crate::resource::Value for $name {
            const KIND: crate::resource::Kind = crate::resource::Kind::Word(&crate::resource::Enumeration {
                name: stringify!($name),
                doc: $doc,
                words: &$words,
            });

            fn get(&self) -> crate::resource::Ref<'_> {
                crate::resource::Ref::Word(crate::resource::Word::word(self))
            }

            fn get_mut(&mut self) -> crate::resource::Mut<'_> {
                crate::resource::Mut::Word(self)
            }
        }
    };
}

pub(crate) use {closed_enum, open_enum, word_value};
