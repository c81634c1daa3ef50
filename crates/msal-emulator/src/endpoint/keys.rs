//! The keys that signatures are verified with.

use crate::call::Call;
use crate::emulator::Emulator;
use crate::reply::Reply;

pub(crate) fn answer(emulator: &Emulator, call: &Call<'_>) -> Reply {
    let issuer = format!("{}/{{tenantid}}/v2.0", call.base);
    Reply::document(call, &emulator.issuer().key_set(&issuer))
}
