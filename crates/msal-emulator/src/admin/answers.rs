//! What the admin API answers with.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use crate::directory::Directory;
use crate::emulator::Emulator;
use crate::refusal::catalogue as rows;

pub(super) fn directory(directory: &Directory) -> Value {
    let tenants = directory.tenants().map(|tenant| {
        json!({"id": tenant.id, "name": tenant.name, "domain": tenant.domain, "users": tenant.users})
    });
    let apps = directory.apps().map(|app| {
        json!({"client_id": app.client_id, "name": app.name, "public": app.public, "family": app.family})
    });
    json!({"tenants": tenants.collect::<Vec<_>>(), "apps": apps.collect::<Vec<_>>()})
}

pub(super) fn clock(emulator: &Emulator, now: SystemTime) -> Value {
    json!({"time": seconds(emulator.time(now))})
}

/// The audit log. It contains no secrets, so neither does this.
pub(super) fn audit(emulator: &Emulator) -> Value {
    let records = emulator.audit().into_iter().map(|record| {
        json!({
            "at": seconds(record.at),
            "method": record.method,
            "path": record.path,
            "endpoint": format!("{:?}", record.endpoint),
            "grant_type": record.grant_type,
            "client_id": record.client_id,
            "user": record.user,
            "refresh_token": record.refresh_token.map(|token| token.to_string()),
            "asked_for": record.asked_for,
            "parameters": record.parameters,
            "client_sku": record.client_sku,
            "correlation_id": record.correlation_id,
            "status": record.status,
            "aadsts": record.aadsts,
            "faulted": record.faulted,
        })
    });
    Value::Array(records.collect())
}

pub(super) fn redemptions(emulator: &Emulator) -> Value {
    let redemptions = emulator.redemptions();
    let rows = redemptions.rows().iter().map(|row| {
        json!({
            "refresh_token": row.token.to_string(),
            "client_id": row.client_id,
            "seen": row.seen,
            "succeeded": row.succeeded,
        })
    });
    json!({
        "seen": redemptions.seen(),
        "succeeded": redemptions.succeeded(),
        "unreadable": redemptions.unreadable(),
        "rows": rows.collect::<Vec<_>>(),
    })
}

pub(super) fn catalogue() -> Value {
    let rows = rows().map(|row| {
        json!({
            "code": row.code(),
            "error_v1": row.error_v1(),
            "error_v2": row.error_v2(),
            "status": row.status(),
            "suberror": row.suberror(),
            "has_error_uri": row.has_error_uri(),
            "source": format!("{:?}", row.source()),
            "evidence": row.evidence(),
            "text": row.text(),
            "verbatim": row.is_verbatim(),
        })
    });
    Value::Array(rows.collect())
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .unwrap_or_default()
        .as_secs()
}
