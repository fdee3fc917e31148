//! Names of the vault's secrets.

use serde::{Deserialize, Serialize};

use super::{Identity, Kind};

/// That the vault has a secret of this name. Nothing else of it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VaultSecret {
    /// Its name.
    pub name: String,
}

impl Kind for VaultSecret {
    const SQL: &'static str = include_str!("../../sql/catalog/vault_secrets.sql");

    fn identity(&self) -> Identity {
        Identity::new("vault secret", "", &self.name)
    }
}
