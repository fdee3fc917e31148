//! Storage buckets: who may read, how large files may be, of which types.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::catalog::{Bucket, Catalog, Unread};
use crate::source::Located;

use super::language::{Limit, Listing, shown};
use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "bucket": "storage bucket", "storage buckets";
    NAME: "bucket-name", "a storage bucket has another name";
    PUBLIC: "bucket-public", "anybody may read what is in a storage bucket where nobody should, or the reverse";
    LIMIT: "bucket-file-size-limit", "a storage bucket takes larger or smaller files";
    TYPES: "bucket-allowed-types", "a storage bucket takes files of other types";
    TYPE: "bucket-type", "a storage bucket is of another type";
}

/// `buckets:` by id.
pub type Section = Objects<BucketExpectation>;

/// What is expected of a storage bucket. What is left out may be anything.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "a mapping with `public`, `file_size_limit`, …"
)]
pub struct BucketExpectation {
    /// Its name, where it is not its id.
    pub name: Option<Located<String>>,
    /// Whether anybody may read what is in it.
    pub public: Option<Located<bool>>,
    /// The largest file: a number of bytes, a size (`50 MB`), or `unlimited` for no limit of its own.
    pub file_size_limit: Option<Located<Limit>>,
    /// The types that it takes; `any` for all.
    pub allowed_types: Option<Located<Types>>,
    /// `STANDARD` or `ANALYTICS`.
    pub r#type: Option<Located<String>>,
}

/// Which types a bucket takes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(
    untagged,
    expecting = "a list of types (`image/png`, `image/*`), or `any`"
)]
pub enum Types {
    /// All.
    Word(Any),
    /// These.
    These(Listing<String>),
}

/// The word for all.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Any {
    /// All.
    Any,
}

impl Object for BucketExpectation {
    const HEADING: Heading = Heading {
        icon: "🪣 ",
        title: "Storage Buckets",
        noun: "bucket",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = Bucket;

    fn compare(
        &self,
        found: &Bucket,
        _facts: &Facts<'_>,
        examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        examiner.optional(&NAME, "name", &self.name, &found.name);
        if let Some(public) = &self.public {
            examiner.either(
                &PUBLIC,
                "visibility",
                public,
                found.public,
                ["public", "private"],
            );
        }
        let limit = found.file_size_limit.and_then(|n| u64::try_from(n).ok());
        examiner.limit(&LIMIT, "file size limit", &self.file_size_limit, limit);
        if let Some(types) = &self.allowed_types {
            let is = found.allowed_mime_types.as_deref();
            let (same, wanted) = match (&types.value, is) {
                (Types::Word(Any::Any), is) => (is.is_none(), "any".to_owned()),
                // A bucket without a list takes all: whatever is to be in one is, and so is what is not to be.
                (Types::These(wanted), None) => (
                    matches!(wanted, Listing::Loosely { none_of, .. } if none_of.is_empty()),
                    wanted.to_string(),
                ),
                (Types::These(wanted), Some(is)) => (
                    wanted.met(is, |w, f| w.eq_ignore_ascii_case(f)),
                    wanted.to_string(),
                ),
            };
            let is = is.map_or_else(|| "any".to_owned(), shown);
            examiner.property(&TYPES, "allowed types", types, same, wanted, is);
        }
        let kind = found.r#type.as_deref();
        examiner.optional_text(&TYPE, "type", &self.r#type, kind);
        Ok(())
    }

    fn like(found: &Bucket) -> String {
        let words = if found.public { "public" } else { "private" };
        format!("a {words} one")
    }

    fn written(found: &Bucket, _catalog: &Catalog) -> Option<Value> {
        let types = match &found.allowed_mime_types {
            Some(types) => json!(types),
            None => "any".into(),
        };
        let limit = found.file_size_limit.and_then(|n| u64::try_from(n).ok());
        let mut out = json!({
            "name": found.name,
            "public": found.public,
            "file_size_limit": Limit::written(limit),
            "allowed_types": types,
        });
        if let Some(kind) = &found.r#type {
            out["type"] = json!(kind);
        }
        Some(out)
    }
}
