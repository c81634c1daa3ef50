//! Device codes (RFC 8628 §3.2): the number of a device, sealed.

use crate::issuer::{RecordKind, RecordReader, RecordWriter, Sealer};

/// The device code of a device by its serial number.
pub(crate) fn seal_device_code(sealer: &Sealer, serial: u64) -> String {
    let plain = RecordWriter::new(RecordKind::DeviceCode)
        .number(serial)
        .finish();
    sealer.seal(PREFIX, serial, plain)
}

/// Reads what [`seal_device_code`] wrote; `None` for everything else.
pub(crate) fn open_device_code(sealer: &Sealer, text: &str) -> Option<u64> {
    let plain = sealer.open(PREFIX, text.strip_prefix(PREFIX)?)?;
    RecordReader::new(RecordKind::DeviceCode, &plain)?.number()
}

const PREFIX: &str = "FABABAAEAAAD";
