//! Views and materialised views.

use serde::{Deserialize, Serialize};

use super::{Acl, Identity, Kind};

/// A view or materialised view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// The schema that it lies in.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Whether it holds its rows.
    pub materialized: bool,
    /// The role that owns it.
    pub owner: String,
    /// The query as the server prints it.
    pub definition: String,
    /// Its tables are read with the rights of who reads the view, not of its owner.
    pub security_invoker: bool,
    /// Conditions of who reads it are not pushed below its own.
    pub security_barrier: bool,
    /// `local` or `cascaded`.
    pub check_option: Option<String>,
    /// Other options as `name=value`, sorted.
    pub options: Vec<String>,
    /// False for a materialised view WITH NO DATA.
    pub populated: bool,
    /// The access method of a materialised view.
    pub access_method: Option<String>,
    /// The tablespace of a materialised view, where it is not the database's.
    pub tablespace: Option<String>,
    /// Who may do what with it, the defaults that no grant changed included.
    pub privileges: Acl,
    /// The extension that it belongs to.
    pub extension: Option<String>,
    /// `COMMENT ON VIEW`.
    pub comment: Option<String>,
}

impl Kind for View {
    const SQL: &'static str = include_str!("../../sql/catalog/views.sql");

    fn identity(&self) -> Identity {
        let kind = if self.materialized {
            "materialized view"
        } else {
            "view"
        };
        Identity::new(kind, &self.schema, &self.name)
    }

    fn extension(&self) -> Option<&str> {
        self.extension.as_deref()
    }

    fn is_platform(&self) -> bool {
        super::is_platform(&self.schema, self.extension.as_deref())
    }
}
