//! What of the catalog to read.

use std::collections::BTreeSet;

use super::{
    Catalog, CompositeType, Domain, Enum, ForeignTable, Function, Index, InventoryEntry, Kind,
    Range, Reading, Sequence, Table, View,
};
use crate::platform::facts;

/// A kind in the registry.
pub trait Registered {
    /// The field of the catalog and the key of the document: `tables`.
    const NAME: &'static str;

    /// The kind alone, as a set.
    const KINDS: Kinds;

    /// All of the kind in a catalog.
    fn of(catalog: &Catalog) -> &Reading<Self>
    where
        Self: Sized;
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kinds(pub(super) u64);

impl Kinds {
    /// One kind.
    pub const fn of<K: Registered>() -> Self {
        K::KINDS
    }

    /// Also this kind.
    #[must_use]
    pub const fn and<K: Registered>(self) -> Self {
        Self(self.0 | K::KINDS.0)
    }

    /// The kinds of both.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether all of these are in it.
    pub const fn contains(self, these: Self) -> bool {
        self.0 & these.0 == these.0
    }
}

/// What of the catalog to read: which kinds, and of the platform's schemas whose objects.
///
/// A check reads what its expectations need, since each kind costs the server time and the platform's schemas hold more
/// objects than most suites. What is left out is known to be left out: see [`Reading`](super::Reading).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    kinds: Kinds,
    platform: Platform,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Platform {
    Every,
    Only(BTreeSet<String>),
}

impl Default for Platform {
    fn default() -> Self {
        Self::Only(BTreeSet::new())
    }
}

impl Selection {
    /// All that there is, with the inventory: what `verify` compares.
    pub fn all() -> Self {
        Self {
            kinds: Kinds(u64::MAX),
            platform: Platform::Every,
        }
    }

    /// All kinds that have a type, of all schemas: without the inventory.
    pub fn typed() -> Self {
        Self {
            kinds: Kinds(!InventoryEntry::KINDS.0),
            platform: Platform::Every,
        }
    }

    /// The same kinds and those that share their names with them, of all schemas: where something that is expected may be
    /// in its place.
    #[must_use]
    pub fn elsewhere(&self) -> Self {
        let relations = Kinds::of::<Table>()
            .and::<View>()
            .and::<Index>()
            .and::<Sequence>()
            .and::<ForeignTable>()
            .and::<CompositeType>()
            .and::<Function>();
        let types = Kinds::of::<Enum>().and::<Domain>().and::<Range>();
        Self {
            kinds: self.kinds.with(relations).with(types),
            platform: Platform::Every,
        }
    }

    /// These kinds, of all schemas but the platform's.
    pub fn of(kinds: Kinds) -> Self {
        Self {
            kinds,
            platform: Platform::default(),
        }
    }

    /// Also what lies in this schema, should it be one of the platform's.
    #[must_use]
    pub fn within(mut self, schema: &str) -> Self {
        if let Platform::Only(schemas) = &mut self.platform
            && facts::owns_schema(schema)
        {
            schemas.insert(schema.to_owned());
        }
        self
    }

    /// What both select, or more.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            kinds: self.kinds.with(other.kinds),
            platform: match (self.platform, other.platform) {
                (Platform::Only(ours), Platform::Only(theirs)) => {
                    Platform::Only(ours.into_iter().chain(theirs).collect())
                }
                _ => Platform::Every,
            },
        }
    }

    /// Whether the kind is read.
    pub fn contains<K: Kind>(&self) -> bool {
        self.kinds.contains(K::KINDS)
    }

    pub(super) fn kinds(&self) -> Kinds {
        self.kinds
    }

    /// The platform's schemas whose objects are not read.
    pub(super) fn left_out(&self) -> impl Iterator<Item = &'static str> {
        let names = facts::SCHEMAS.iter().map(|schema| schema.name);
        names.filter(|name| match &self.platform {
            Platform::Every => false,
            Platform::Only(schemas) => !schemas.contains(*name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Policy, Table, Trigger};

    #[test]
    fn selections_add_up() {
        let tables = Selection::of(Kinds::of::<Table>());
        let policies = Selection::of(Kinds::of::<Policy>()).within("storage");
        let both = tables.clone().with(policies.within("public"));
        assert!(both.contains::<Table>() && both.contains::<Policy>());
        assert!(!both.contains::<Trigger>());
        assert!(tables.left_out().any(|name| name == "storage"));
        assert!(both.left_out().all(|name| name != "storage"));
        assert!(both.left_out().any(|name| name == "auth"));
        assert_eq!(both.with(Selection::all()), Selection::all());
        assert_eq!(Selection::all().left_out().count(), 0);
    }
}
