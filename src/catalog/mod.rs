//! The whole schema state, read by one SQL statement that returns one JSON document.
//!
//! Every object kind is a SQL file (`sql/catalog/`), a Rust file beside this one, and a line in the registry below.
//! Nothing here knows a connection: [`statement`] is the text to run, [`Catalog::parse`] takes the answer; or
//! [`query_in_parts`] and [`Parts`], for who does not wait for the whole.

#[macro_use]
mod vocabulary;

mod access;
mod bucket;
mod cast;
mod collation;
mod column;
mod composite_type;
mod constraint;
mod cron_job;
mod database;
mod default_privilege;
mod domain;
mod enumeration;
mod event_trigger;
mod extension;
mod foreign_data_wrapper;
mod foreign_server;
mod foreign_table;
mod function;
mod identity;
mod index;
mod inventory;
mod lookup;
mod membership;
mod object_name;
mod operator;
mod parts;
mod policy;
mod privilege;
mod publication;
mod publication_schema;
mod publication_table;
mod range;
mod reading;
mod role;
mod rule;
mod schema;
mod security_label;
mod selection;
mod sequence;
mod server;
mod setting;
mod signature;
mod statement;
mod statistics;
mod table;
mod text_search_configuration;
mod text_search_dictionary;
mod trigger;
mod user_mapping;
mod vault_secret;
mod view;

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use access::{Access, Securable};
pub use bucket::Bucket;
pub use cast::Cast;
pub use collation::Collation;
pub use column::{Column, Generated};
pub use composite_type::{Attribute, CompositeType};
pub use constraint::{Constraint, ConstraintKind, Exclusion, ForeignAction, References};
pub use cron_job::CronJob;
pub use database::Database;
pub use default_privilege::DefaultPrivilege;
pub use domain::{Domain, DomainCheck};
pub use enumeration::Enum;
pub use event_trigger::EventTrigger;
pub use extension::Extension;
pub use foreign_data_wrapper::ForeignDataWrapper;
pub use foreign_server::ForeignServer;
pub use foreign_table::ForeignTable;
pub use function::{Aggregate, Function, FunctionKind, called};
pub use identity::Identity;
pub use index::{Index, IndexColumn};
pub use inventory::InventoryEntry;
pub use membership::Membership;
pub use object_name::ObjectName;
pub use operator::Operator;
pub use parts::Parts;
pub use policy::{Policy, PolicyCommand};
pub use privilege::{Acl, Grant, Privilege};
pub use publication::Publication;
pub use publication_schema::PublicationSchema;
pub use publication_table::PublicationTable;
pub use range::Range;
#[cfg(test)]
pub(crate) use reading::walked;
pub use reading::{Reading, Unread};
pub use role::Role;
pub use rule::Rule;
pub use schema::Schema;
pub use security_label::SecurityLabel;
pub use selection::{Kinds, Registered, Selection};
pub use sequence::{Sequence, SequenceOwner};
pub use server::Server;
pub use setting::Setting;
pub use signature::Signature;
use statement::Query;
pub use statement::{
    INTERNAL_ERROR, SETTINGS, changed_meanwhile, query, query_in_parts, statement,
};
pub use statistics::Statistics;
pub use table::{Persistence, ReplicaIdentity, Table};
pub use text_search_configuration::{TextSearchConfiguration, TextSearchMapping};
pub use text_search_dictionary::TextSearchDictionary;
pub use trigger::{Trigger, TriggerState};
pub use user_mapping::UserMapping;
pub use vault_secret::VaultSecret;
pub use view::View;

/// An object kind: a row type of the catalog with the query that fills it.
pub trait Kind: Registered + Serialize + DeserializeOwned {
    /// One `SELECT` without a closing semicolon; its columns are the fields of the type.
    const SQL: &'static str;

    /// What the object is and what it is called; unique within a catalog.
    fn identity(&self) -> Identity;

    /// Whether the platform made it, so that it never counts as a suite's.
    fn is_platform(&self) -> bool {
        crate::platform::facts::owns_schema(&self.identity().schema)
    }

    /// The extension that brought it.
    fn extension(&self) -> Option<&str> {
        None
    }
}

/// Visits every object of a catalog, whatever its kind.
pub trait Visitor {
    /// Called once per kind with all objects of it.
    fn kind<K: Kind>(&mut self, objects: &[K]);
}

/// Whether the platform made what lies in this schema or belongs to this extension.
fn is_platform(schema: &str, extension: Option<&str>) -> bool {
    use crate::platform::facts::{owns_extension, owns_schema};
    owns_schema(schema) || extension.is_some_and(owns_extension)
}

/// The registry: a line per object kind (field and key of the document: type). Below the semicolon stand kinds that not
/// everybody may read: their SQL makes the whole value of the [`Reading`], a list or the reason why there is none.
macro_rules! registry {
    ($($field:ident: $kind:ty,)+ ; $($guarded:ident: $guarded_kind:ty,)+) => {
        /// The schema state of a database.
        #[derive(Clone, Debug, Default, Serialize, Deserialize)]
        pub struct Catalog {
            /// Who answered.
            pub server: Server,
            /// The platform's schemas whose objects were not read.
            pub left_out: Vec<String>,
            $(
                #[doc = concat!("All ", stringify!($field), ".")]
                #[serde(default)]
                pub $field: Reading<$kind>,
            )+
            $(
                #[doc = concat!("All ", stringify!($guarded), ", where we may read them.")]
                #[serde(default)]
                pub $guarded: Reading<$guarded_kind>,
            )+
            /// What functions return, those of the platform's schemas included.
            #[serde(default)]
            pub signatures: Reading<Signature>,
            /// Every object by identity.
            #[serde(default)]
            pub inventory: Reading<InventoryEntry>,
            /// Where objects stand in the lists above.
            #[serde(skip)]
            pub(crate) places: lookup::Places,
        }

        impl Catalog {
            /// Shows every kind of object to a visitor. What was not read is shown as if there were none.
            pub fn visit(&self, visitor: &mut impl Visitor) {
                $(visitor.kind(self.$field.rows());)+
                $(visitor.kind(self.$guarded.rows());)+
            }

            /// Of all kinds whose objects arrive one by one and that are asked for, none yet.
            fn begun(selection: &Selection) -> Self {
                let mut catalog = Self::default();
                $(catalog.$field.begin(selection);)+
                catalog.signatures.begin(selection);
                catalog.inventory.begin(selection);
                catalog
            }

            /// Takes an object of a kind, or one of the values that are no such lists. False where there is none of this name.
            fn take(&mut self, name: &str, json: &str) -> Result<bool, serde_json::Error> {
                match name {
                    "server" => self.server = serde_json::from_str(json)?,
                    "left_out" => self.left_out = serde_json::from_str(json)?,
                    $(stringify!($field) => self.$field.push(serde_json::from_str(json)?),)+
                    $(stringify!($guarded) => self.$guarded = serde_json::from_str(json)?,)+
                    "signatures" => self.signatures.push(serde_json::from_str(json)?),
                    "inventory" => self.inventory.push(serde_json::from_str(json)?),
                    _ => return Ok(false),
                }
                Ok(true)
            }
        }

        #[expect(non_camel_case_types, reason = "named as the fields")]
        enum Place { $($field,)+ $($guarded,)+ signatures, inventory }

        registry!(@ $($field: $kind,)+ $($guarded: $guarded_kind,)+ signatures: Signature, inventory: InventoryEntry,);

        const QUERIES: &[Query] = &[
            $(Query { name: stringify!($field), kinds: <$kind>::KINDS, sql: <$kind>::SQL, whole: false },)+
            $(Query { name: stringify!($guarded), kinds: <$guarded_kind>::KINDS, sql: <$guarded_kind>::SQL, whole: true },)+
            Query { name: Signature::NAME, kinds: Signature::KINDS, sql: signature::SQL, whole: false },
            Query { name: InventoryEntry::NAME, kinds: InventoryEntry::KINDS, sql: inventory::SQL, whole: false },
        ];
    };
    (@ $($field:ident: $kind:ty,)+) => {$(
        impl Registered for $kind {
            const NAME: &'static str = stringify!($field);
            const KINDS: Kinds = Kinds(1 << Place::$field as u64);

            fn of(catalog: &Catalog) -> &Reading<Self> {
                &catalog.$field
            }
        }
    )+};
}

registry! {
    databases: Database,
    schemas: Schema,
    tables: Table,
    columns: Column,
    constraints: Constraint,
    indexes: Index,
    statistics: Statistics,
    enums: Enum,
    domains: Domain,
    composite_types: CompositeType,
    ranges: Range,
    policies: Policy,
    triggers: Trigger,
    event_triggers: EventTrigger,
    rules: Rule,
    functions: Function,
    views: View,
    sequences: Sequence,
    extensions: Extension,
    collations: Collation,
    text_search_configurations: TextSearchConfiguration,
    text_search_dictionaries: TextSearchDictionary,
    casts: Cast,
    operators: Operator,
    roles: Role,
    memberships: Membership,
    settings: Setting,
    default_privileges: DefaultPrivilege,
    publications: Publication,
    publication_tables: PublicationTable,
    publication_schemas: PublicationSchema,
    foreign_data_wrappers: ForeignDataWrapper,
    foreign_servers: ForeignServer,
    foreign_tables: ForeignTable,
    user_mappings: UserMapping,
    security_labels: SecurityLabel,
    ;
    buckets: Bucket,
    cron_jobs: CronJob,
    vault_secrets: VaultSecret,
}

impl Catalog {
    /// Takes the document that [`statement`] returned.
    ///
    /// # Errors
    /// Where the document does not have the expected shape, for example because it was cut off.
    pub fn parse(document: Value) -> Result<Self, serde_json::Error> {
        let mut catalog: Self = serde_json::from_value(document)?;
        catalog.sort();
        Ok(catalog)
    }

    /// Whether objects of the schema were read.
    ///
    /// # Errors
    /// Where it is one of the platform's that was left out.
    pub fn reaches(&self, schema: &str) -> Result<(), Unread> {
        match self.left_out.iter().any(|name| name == schema) {
            true => Err(Unread::NotAskedFor(format!("objects of {schema}"))),
            false => Ok(()),
        }
    }

    /// Whether an extension is installed.
    ///
    /// # Errors
    /// Where the extensions were not read.
    pub fn has_extension(&self, name: &str) -> Result<bool, Unread> {
        Ok(self.extensions.known()?.iter().any(|e| e.name == name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_document_is_an_error() {
        assert!(Catalog::parse(serde_json::json!({"server": {}})).is_err());
        assert!(Catalog::parse(serde_json::json!({"left_out": [], "tables": []})).is_err());
    }
}
