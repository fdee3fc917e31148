//! Effective privileges: who may do what in the end, by grants to a role, to PUBLIC, and to roles that it is a member of.
//!
//! Computed from the catalog alone. The rules are the server's (`aclmask`, `pg_class_aclmask`, `has_privs_of_role`), and
//! its `has_*_privilege` functions judge this in the tests. Row-level security is another matter: see the policies.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::{Acl, Catalog, Column, Privilege, Role, Unread};

/// What of an object decides who may do what with it.
#[derive(Clone, Copy, Debug)]
pub struct Securable<'a> {
    class: Class,
    acl: &'a Acl,
    /// The list of the relation that a column belongs to.
    relation: Option<&'a Acl>,
}

/// Kinds of objects that some predefined role has privileges on, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Relation,
    Schema,
    Other,
}

macro_rules! securable {
    ($($kind:ident: $class:ident, $doc:literal, $privileges:tt;)+) => {$(
        impl super::$kind {
            /// The privileges that there are on such an object.
            pub const PRIVILEGES: &'static [Privilege] = &securable!(@ $privileges);

            #[doc = concat!("The ", $doc, " as something that privileges are asked for.")]
            pub fn securable(&self) -> Securable<'_> {
                Securable { class: Class::$class, acl: &self.privileges, relation: None }
            }
        }
    )+};
    (@ [$($privilege:ident),+]) => { [$(Privilege::$privilege),+] };
}

securable! {
    Table: Relation, "table", [Select, Insert, Update, Delete, Truncate, References, Trigger, Maintain];
    View: Relation, "view", [Select, Insert, Update, Delete, Truncate, References, Trigger, Maintain];
    ForeignTable: Relation, "foreign table", [Select, Insert, Update, Delete, Truncate, References, Trigger, Maintain];
    Sequence: Relation, "sequence", [Usage, Select, Update];
    Schema: Schema, "schema", [Usage, Create];
    Function: Other, "function", [Execute];
    Enum: Other, "type", [Usage];
    Domain: Other, "domain", [Usage];
    CompositeType: Other, "type", [Usage];
    Range: Other, "type", [Usage];
    Database: Other, "database", [Connect, Create, Temporary];
    ForeignDataWrapper: Other, "foreign-data wrapper", [Usage];
    ForeignServer: Other, "foreign server", [Usage];
}

impl Column {
    /// The privileges that there are on a column.
    pub const PRIVILEGES: &'static [Privilege] = &[
        Privilege::Select,
        Privilege::Insert,
        Privilege::Update,
        Privilege::References,
    ];
}

/// Answers who may do what in a catalog.
pub struct Access<'a> {
    catalog: &'a Catalog,
    paths: Arc<Paths>,
}

/// What every answer takes, made once of a catalog: who has whose privileges, and where relations stand.
#[derive(Debug)]
pub(super) struct Paths {
    /// Whether a role is a superuser.
    roles: BTreeMap<String, bool>,
    /// The roles whose privileges a role has, itself included.
    reach: BTreeMap<String, BTreeSet<String>>,
    /// By schema and name.
    relations: HashMap<String, HashMap<String, Relation>>,
}

/// The list that a relation stands in, and its place there.
#[derive(Clone, Copy, Debug)]
enum Relation {
    Table(usize),
    View(usize),
    ForeignTable(usize),
}

/// Everybody who owns the database is a member of this role, without a row that says so.
const DATABASE_OWNER: &str = "pg_database_owner";

impl Paths {
    fn of(catalog: &Catalog) -> Result<Self, Unread> {
        let rows = catalog.roles.known()?.iter();
        let roles: BTreeMap<&str, &Role> = rows.map(|role| (role.name.as_str(), role)).collect();
        let mut edges: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut names: BTreeSet<&str> = roles.keys().copied().collect();
        for membership in catalog.memberships.known()? {
            names.extend([membership.member.as_str(), &membership.role]);
            if membership.inherit {
                edges
                    .entry(&membership.member)
                    .or_default()
                    .push(&membership.role);
            }
        }
        if let Some(owner) = catalog.databases.known()?.first().map(|d| d.owner.as_str())
            && (catalog.server.major() >= 16 || roles.get(owner).is_some_and(|role| role.inherit))
        {
            edges.entry(owner).or_default().push(DATABASE_OWNER);
        }
        let mut relations: HashMap<String, HashMap<String, Relation>> = HashMap::new();
        let mut note = |schema: &str, name: &str, relation| {
            let of_schema = relations.entry(schema.to_owned()).or_default();
            of_schema.insert(name.to_owned(), relation);
        };
        for (at, table) in catalog.tables.known()?.iter().enumerate() {
            note(&table.schema, &table.name, Relation::Table(at));
        }
        for (at, view) in catalog.views.known()?.iter().enumerate() {
            note(&view.schema, &view.name, Relation::View(at));
        }
        for (at, table) in catalog.foreign_tables.known()?.iter().enumerate() {
            note(&table.schema, &table.name, Relation::ForeignTable(at));
        }
        let owned = |all: BTreeSet<&str>| all.into_iter().map(ToOwned::to_owned).collect();
        Ok(Self {
            reach: names
                .iter()
                .map(|name| ((*name).to_owned(), owned(reached(name, &edges))))
                .collect(),
            roles: roles
                .into_iter()
                .map(|(name, role)| (name.to_owned(), role.superuser))
                .collect(),
            relations,
        })
    }
}

impl<'a> Access<'a> {
    /// Follows the memberships of a catalog, the first time that one asks.
    ///
    /// # Errors
    /// Where the catalog was read without roles, memberships, the database, or relations.
    pub fn of(catalog: &'a Catalog) -> Result<Self, Unread> {
        let paths = catalog.places.access.get_or_init(|| {
            let paths = Paths::of(catalog)?;
            Ok(Arc::new(paths))
        });
        let paths = Arc::clone(paths.as_ref().map_err(Clone::clone)?);
        Ok(Self { catalog, paths })
    }

    /// All roles of the catalog, by name.
    pub fn roles(&self) -> impl Iterator<Item = &str> {
        self.paths.roles.keys().map(String::as_str)
    }

    /// Whether the catalog has the role.
    pub fn has_role(&self, name: &str) -> bool {
        self.paths.roles.contains_key(name)
    }

    /// A column as something that privileges are asked for: what is granted on its table counts too.
    pub fn column(&self, column: &'a Column) -> Securable<'a> {
        let of_schema = self.paths.relations.get(&column.schema);
        let relation = of_schema.and_then(|names| names.get(&column.table));
        let relation = relation.and_then(|relation| match *relation {
            Relation::Table(at) => self.catalog.tables.at(at).map(|t| &t.privileges),
            Relation::View(at) => self.catalog.views.at(at).map(|v| &v.privileges),
            Relation::ForeignTable(at) => self.catalog.foreign_tables.at(at).map(|t| &t.privileges),
        });
        Securable {
            class: Class::Relation,
            acl: &column.privileges,
            relation,
        }
    }

    /// Whether the role has the privilege, by whatever way. A role that does not exist has what PUBLIC has.
    pub fn holds(&self, role: &str, object: Securable<'_>, privilege: Privilege) -> bool {
        if privilege == Privilege::Maintain && self.catalog.server.major() < 17 {
            return false;
        }
        if self.paths.roles.get(role) == Some(&true) {
            return true;
        }
        let granted = |acl: &Acl| {
            acl.names(None, privilege)
                || self
                    .reached(role)
                    .any(|name| acl.names(Some(name), privilege))
        };
        granted(object.acl)
            || object.relation.is_some_and(granted)
            || by_predefined(object.class, privilege)
                .iter()
                .any(|predefined| self.reached(role).any(|name| name == *predefined))
    }

    /// Which of these privileges the role has.
    pub fn held(
        &self,
        role: &str,
        object: Securable<'_>,
        among: &[Privilege],
    ) -> BTreeSet<Privilege> {
        among
            .iter()
            .copied()
            .filter(|p| self.holds(role, object, *p))
            .collect()
    }

    fn reached(&self, role: &str) -> impl Iterator<Item = &str> {
        let reached = self.paths.reach.get(role);
        reached.into_iter().flatten().map(String::as_str)
    }
}

/// The predefined roles that have the privilege on every object of the class.
fn by_predefined(class: Class, privilege: Privilege) -> &'static [&'static str] {
    match (class, privilege) {
        (Class::Relation, Privilege::Select) => &["pg_read_all_data"],
        (Class::Relation, Privilege::Insert | Privilege::Update | Privilege::Delete) => {
            &["pg_write_all_data"]
        }
        (Class::Relation, Privilege::Maintain) => &["pg_maintain"],
        (Class::Schema, Privilege::Usage) => &["pg_read_all_data", "pg_write_all_data"],
        _ => &[],
    }
}

fn reached<'a>(from: &'a str, edges: &BTreeMap<&'a str, Vec<&'a str>>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::from([from]);
    let mut next = vec![from];
    while let Some(role) = next.pop() {
        for target in edges.get(role).into_iter().flatten() {
            if seen.insert(target) {
                next.push(target);
            }
        }
    }
    seen
}
