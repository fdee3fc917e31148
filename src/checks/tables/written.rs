//! The expectation that just one table meets.

use serde_json::{Map, Value, json};

use crate::catalog::{Catalog, Column, Constraint, ConstraintKind, ReplicaIdentity, Table, Unread};
use crate::meaning::spelt_name;

use super::super::language::{Form, Part};
use super::super::name_as_written;
use super::column::{ColumnExpectation, Long};
use super::shorthand;

pub(super) fn table(table: &Table, catalog: &Catalog) -> Result<Value, Unread> {
    let (schema, name) = (table.schema.as_str(), table.name.as_str());
    let named = |other: &crate::catalog::ObjectName| match other.schema == table.schema {
        true => name_as_written(&other.name),
        false => {
            let [schema, name] = [&other.schema, &other.name].map(|part| name_as_written(part));
            format!("{schema}.{name}")
        }
    };
    let partition_of = table.partition_of.as_ref().map(|of| {
        let bound = table.partition_bound.as_deref().unwrap_or_default();
        let line = Form::default().with("table", named(of));
        line.with("bound", bound).value()
    });
    let access_method = table
        .access_method
        .clone()
        .filter(|method| method != "heap");
    let replica_identity = match (&table.replica_identity, &table.replica_index) {
        (ReplicaIdentity::Default, _) => None,
        (ReplicaIdentity::Index, Some(index)) => Some(format!("using index {}", spelt_name(index))),
        (other, _) => Some(other.to_string()),
    };
    let inherits: Vec<String> = table.inherits.iter().map(named).collect();
    let form = Form::default()
        .with("owner", table.owner.as_str())
        .unless("permanent", "persistence", table.persistence.to_string())
        .some("access_method", &access_method)
        .some("tablespace", &table.tablespace)
        .some("partition_by", &table.partition_key)
        .some("partition_of", &partition_of)
        .list("inherits", &inherits)
        .some("of_type", &table.of_type)
        .list("parameters", &table.options)
        .some("replica_identity", &replica_identity)
        .with("rls", table.rls)
        .flag("rls_forced", table.rls_forced)
        .some("comment", &table.comment);
    let mut columns = Map::new();
    for found in catalog.columns_of(schema, name)? {
        columns.insert(Part::written(&found.name), column(found));
    }
    let mut constraints = Map::new();
    for found in catalog.constraints_of(schema, name)? {
        // That it is not null, the column says.
        if found.kind != ConstraintKind::NotNull || !is_plain_not_null(found) {
            constraints.insert(Part::written(&found.name), constraint(found));
        }
    }
    let form = form
        .with("columns", columns)
        .with("other_columns", "refused")
        .with("in_order", true)
        .unless(json!({}), "constraints", constraints)
        .with("other_constraints", "refused");
    Ok(form.refusing_others())
}

/// Whether nothing more is said than by a column that is not null.
fn is_plain_not_null(constraint: &Constraint) -> bool {
    let columns = constraint.columns.join("_");
    let own = format!("{}_{columns}_not_null", constraint.table);
    let plain = constraint.validated && !constraint.no_inherit && constraint.comment.is_none();
    plain && (constraint.inherited || constraint.name == own)
}

fn constraint(found: &Constraint) -> Value {
    let definition = found.definition.as_str();
    match &found.comment {
        None => definition.into(),
        comment => Form::default()
            .with("definition", definition)
            .some("comment", comment)
            .value(),
    }
}

/// A line, where a line says it all.
fn column(found: &Column) -> Value {
    let mut line = found.r#type.clone();
    if let Some(collation) = &found.collation {
        line.push_str(&format!(" collate {collation}"));
    }
    let identity = found.identity.as_deref();
    if found.not_null && identity.is_none() {
        line.push_str(" not null");
    }
    if let Some(identity) = identity {
        line.push_str(&format!(" generated {identity} as identity"));
    }
    if let Some(default) = &found.default {
        line.push_str(&format!(" default {default}"));
    }
    let kind = found.generated_kind.as_ref().map(ToString::to_string);
    if let (Some(generated), Some(kind)) = (&found.generated, &kind) {
        line.push_str(&format!(" generated always as ({generated}) {kind}"));
    }
    let others = Form::default()
        .some("storage", &found.storage)
        .some("compression", &found.compression)
        .some("statistics", &found.statistics)
        .list("parameters", &found.options)
        .some("comment", &found.comment)
        .value();
    if others == json!({}) && shorthand::column(&line).is_ok_and(|read| says(&read, found)) {
        return line.into();
    }
    let mut form = Form::default()
        .with("type", found.r#type.as_str())
        .some("collation", &found.collation)
        .flag("not_null", found.not_null && identity.is_none())
        .some("identity", &found.identity)
        .some("default", &found.default)
        .some("generated", &found.generated)
        .some("generated_kind", &kind);
    for (key, value) in others.as_object().into_iter().flatten() {
        form = form.with(key, value.clone());
    }
    form.value()
}

/// Whether a line was read as it was meant.
fn says(ColumnExpectation(read): &ColumnExpectation, found: &Column) -> bool {
    let Long {
        r#type,
        default,
        collation,
        ..
    } = read;
    let text = crate::source::text;
    text(r#type) == Some(found.r#type.as_str())
        && read.not_null.as_ref().is_some_and(|n| n.value) == found.not_null
        && text(default) == found.default.as_deref()
        && text(collation) == found.collation.as_deref()
        && text(&read.identity) == found.identity.as_deref()
        && text(&read.generated) == found.generated.as_deref()
}
