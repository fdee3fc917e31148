//! What the kinds of check on objects share: an object that a suite names is looked for, its absence is a finding, and
//! only what is there is compared. A kind says what it is called, where it is found and what is compared.

use serde::Deserialize;

use crate::catalog::{Catalog, Identity};
use crate::meaning::ObjectName;
use crate::source::{Entries, Located};

use super::{Check, Code, Examiner, Expectation, Facts, FileScope, Heading, Severity};

/// What a suite may say of any expectation, whatever its kind.
#[derive(Debug, Default)]
pub struct Common {
    /// What to do where it is not so.
    pub help: Option<String>,
    /// What a mismatch counts as.
    pub severity: Severity,
}

/// An expectation as it is written, with what may be said of any.
pub trait Item: Send + Sync + 'static {
    /// Takes what may be said of any.
    fn common(&mut self) -> Common;
}

/// Declares the type of an expectation as it is written, and adds the keys that every kind has. (They are no type of
/// their own in it: places die under `flatten`.)
macro_rules! item {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)*
        }
    ) => {
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// What to do where it is not so.
            #[serde(default)]
            pub help: Option<String>,
            /// What a mismatch counts as.
            #[serde(default)]
            pub severity: $crate::checks::Severity,
        }

        impl $crate::checks::object::Item for $name {
            fn common(&mut self) -> $crate::checks::object::Common {
                $crate::checks::object::Common {
                    help: self.help.take(),
                    severity: self.severity,
                }
            }
        }
    };
}
pub(super) use item;

/// An expectation of an object with a name of its own.
pub trait Object: Item {
    /// Part of the report; its noun is also the kind of the object.
    const HEADING: Heading;
    /// The code of an object that is not there.
    const MISSING: Code;
    /// The object as the catalog has it.
    type Found;

    /// The object with this identity.
    fn find<'a>(&self, catalog: &'a Catalog, wanted: &Identity) -> Option<&'a Self::Found>;

    /// Compares it with what is expected.
    fn compare(&self, found: &Self::Found, facts: &Facts<'_>, examiner: &mut Examiner<'_>);

    /// Says that it is not there.
    fn absent(&self, _facts: &Facts<'_>, examiner: &mut Examiner<'_>) {
        let noun = Self::HEADING.noun;
        examiner.presence(&Self::MISSING, false, format!("no {noun} of this name"));
    }
}

impl<T: Object> Check for T {
    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) {
        match self.find(facts.catalog, examiner.subject()) {
            None => self.absent(facts, examiner),
            Some(found) => {
                examiner.presence(&Self::MISSING, true, "");
                self.compare(found, facts, examiner);
            }
        }
    }
}

/// An expectation of an object that belongs to a table and is named within it.
pub trait Child: Item {
    /// Part of the report; its noun is also the kind of the object.
    const HEADING: Heading;
    /// The code of an object that is not there.
    const MISSING: Code;
    /// The object as the catalog has it.
    type Found: 'static;

    /// All of the kind.
    fn all(catalog: &Catalog) -> &[Self::Found];

    /// The schema, the table and the name of one.
    fn place(found: &Self::Found) -> [&str; 3];

    /// Compares one with what is expected.
    fn compare(&self, found: &Self::Found, facts: &Facts<'_>, examiner: &mut Examiner<'_>);

    /// Its name in a report.
    fn shown(name: &str) -> String {
        name.to_owned()
    }
}

/// Whether there may be objects that are not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Others {
    /// They may be there.
    Allowed,
    /// Each is a finding.
    Refused,
}

/// `items:` by table, then by name.
pub type OfTables<T> = Entries<Entries<T>>;

struct OnTable<T> {
    table: String,
    name: String,
    item: T,
}

// Not through `Object`: what it is called is told apart by table.
impl<T: Child> Check for OnTable<T> {
    fn examine(&self, facts: &Facts<'_>, examiner: &mut Examiner<'_>) {
        let schema = examiner.subject().schema.as_str();
        let wanted = [schema, &self.table, &self.name];
        let mut all = T::all(facts.catalog).iter();
        if let Some(found) = all.find(|found| T::place(found) == wanted) {
            examiner.presence(&T::MISSING, true, "");
            self.item.compare(found, facts, examiner);
        } else if facts.catalog.table(schema, &self.table).is_none() {
            examiner.skip_without_table(&self.table);
        } else {
            let words = format!("no {} of this name on the table", T::HEADING.noun);
            examiner.presence(&T::MISSING, false, words);
        }
    }
}

impl FileScope<'_> {
    /// The expectation of an object that is named with its schema or without.
    pub fn object<T: Object>(&self, key: &Located<String>, item: T) -> Expectation {
        let name = ObjectName::parse(&key.value);
        let schema = name.schema_or(self.schema);
        let subject = Identity::new(T::HEADING.noun, schema, &name.name);
        self.exists(T::HEADING, key, subject, &name.to_string(), item)
    }

    /// The expectations of objects of tables; `summary` begins the one line that the report has for all of them.
    pub fn on_tables<T: Child>(
        &self,
        summary: &str,
        items: OfTables<T>,
        out: &mut Vec<Expectation>,
    ) {
        let noun = T::HEADING.noun;
        for (key, items) in items.0 {
            let table = ObjectName::parse(&key.value);
            for (name, mut item) in items.0 {
                let in_schema = format!("{} on {}", T::shown(&name.value), table.name);
                let subject = Identity::new(noun, table.schema_or(self.schema), in_schema);
                let common = item.common();
                let check = OnTable {
                    table: table.name.clone(),
                    name: name.value.clone(),
                    item,
                };
                out.push(Expectation {
                    label: format!("{} {noun} on {table} exists", name.value),
                    summary: Some(summary.to_owned()),
                    ..self.expectation(T::HEADING, &name, subject, common, check)
                });
            }
        }
    }

    /// The expectation that an object exists, as `item` has it.
    pub fn exists(
        &self,
        heading: Heading,
        key: &Located<String>,
        subject: Identity,
        name: &str,
        mut item: impl Item + Check,
    ) -> Expectation {
        let common = item.common();
        Expectation {
            label: format!("{name} {} exists", heading.noun),
            ..self.expectation(heading, key, subject, common, item)
        }
    }

    /// An expectation that is yet without words.
    pub fn expectation(
        &self,
        heading: Heading,
        key: &Located<String>,
        subject: Identity,
        common: Common,
        check: impl Check + Send + Sync + 'static,
    ) -> Expectation {
        Expectation {
            subject,
            label: String::new(),
            origin: self.origin(key),
            heading,
            summary: None,
            required: self.required,
            quiet: false,
            help: common.help,
            severity: common.severity,
            check: Box::new(check),
        }
    }
}
