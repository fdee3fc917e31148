//! Settings of roles and of the database.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// What `ALTER ROLE … SET` and `ALTER DATABASE … SET` left, for one role and place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The role; none for all roles.
    pub role: Option<String>,
    /// Only in this database, else in all.
    pub in_database: bool,
    /// The settings as `name=value`, sorted. The value is hidden where the name sounds like a secret.
    pub settings: Vec<String>,
}

impl Kind for Setting {
    const SQL: &'static str = include_str!("../../sql/catalog/settings.sql");

    fn identity(&self) -> Identity {
        let role = match &self.role {
            Some(role) => format!("role {role} "),
            None => String::new(),
        };
        let place = if self.in_database {
            "in the database"
        } else {
            ""
        };
        Identity::new("setting", "", format!("{role}{place}").trim_end())
    }

    // Anybody may change the settings of a role of the platform.
    fn is_platform(&self) -> bool {
        false
    }
}
