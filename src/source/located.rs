//! Values with their place in the YAML file.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_saphyr::Spanned;

/// A value and where it stands in the file, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Its bytes in the YAML text.
    pub span: Range<usize>,
}

impl<T> Located<T> {
    /// A value that the file leaves out: it stands nowhere.
    pub fn left_out(value: T) -> Self {
        Self { value, span: 0..0 }
    }
}

impl<T: Default> Default for Located<T> {
    fn default() -> Self {
        Self::left_out(T::default())
    }
}

/// A value that may stand in the file.
pub trait Written {
    /// Where it stands.
    fn span(&self) -> Option<Range<usize>>;
}

impl<T> Written for Located<T> {
    fn span(&self) -> Option<Range<usize>> {
        (self.span != (0..0)).then(|| self.span.clone())
    }
}

impl<T: Written> Written for Option<T> {
    fn span(&self) -> Option<Range<usize>> {
        self.as_ref()?.span()
    }
}

/// The text of a value that may be left out.
pub fn text(value: &Option<Located<String>>) -> Option<&str> {
    value.as_ref().map(|text| text.value.as_str())
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Located<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<T>::deserialize(deserializer)?;
        Ok(Self {
            value: spanned.value,
            span: bytes(&spanned.referenced),
        })
    }
}

/// The bytes of a location; an empty range at the start where it is unknown.
pub fn bytes(location: &serde_saphyr::Location) -> Range<usize> {
    let span = location.span();
    let start = span.byte_offset().unwrap_or(0) as usize;
    start..start + span.byte_len().unwrap_or(0) as usize
}

/// A mapping in the order of the file, with the places of its keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries<T>(pub Vec<(Located<String>, T)>);

impl<T> Default for Entries<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Walk<T>(std::marker::PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Walk<T> {
            type Value = Entries<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a mapping of names")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Entries(entries))
            }
        }

        deserializer.deserialize_map(Walk(std::marker::PhantomData))
    }
}

/// Deserializes a type that is written either as one line of text (a shorthand) or as a mapping (its long form).
macro_rules! text_or_map {
    ($type:ty, $long:ty, $expecting:literal, $parse:expr) => {
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Walk;

                impl<'de> serde::de::Visitor<'de> for Walk {
                    type Value = $type;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
                        $parse(text).map_err(E::custom)
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        map: A,
                    ) -> Result<Self::Value, A::Error> {
                        <$long as serde::Deserialize>::deserialize(
                            serde::de::value::MapAccessDeserializer::new(map),
                        )
                        .map(Into::into)
                    }
                }

                deserializer.deserialize_any(Walk)
            }
        }
    };
}
pub(crate) use text_or_map;
