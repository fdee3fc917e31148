//! The vault's secrets: that there is one of a name. Nothing else of them is read.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::catalog::{Catalog, Unread, VaultSecret};

use super::{Examiner, Facts, Heading, Object, Objects, Presence, codes};

codes! {
    of "vault-secret": "vault secret", "vault secrets";
}

/// `vault_secrets:` by name.
pub type Section = Objects<SecretExpectation>;

/// That there is a secret of this name.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    default,
    expecting = "`present` or `absent`: nothing else of a secret is read"
)]
pub struct SecretExpectation {}

impl Object for SecretExpectation {
    const HEADING: Heading = Heading {
        icon: "🔐 ",
        title: "Vault Secrets",
        noun: "vault secret",
    };
    const PRESENCE: Presence = PRESENCE;
    const IN_SCHEMA: bool = false;
    type Found = VaultSecret;

    fn compare(
        &self,
        _found: &VaultSecret,
        _facts: &Facts<'_>,
        _examiner: &mut Examiner<'_>,
    ) -> Result<(), Unread> {
        Ok(())
    }

    fn written(_found: &VaultSecret, _catalog: &Catalog) -> Option<Value> {
        Some("present".into())
    }
}
