//! Device codes (RFC 8628 §3.2): the number of a device, sealed.

use crate::issuer::{RecordReader, RecordWriter, Sealer};

/// The device code of a device by its serial number.
pub(crate) fn seal_device_code(sealer: &Sealer, serial: u64) -> String {
    let plain = RecordWriter::new(FORMAT).number(serial).finish();
    sealer.seal(PREFIX, serial, plain)
}

/// Reads what [`seal_device_code`] wrote; `None` for everything else.
pub(crate) fn open_device_code(sealer: &Sealer, text: &str) -> Option<u64> {
    let plain = sealer.open(PREFIX, text.strip_prefix(PREFIX)?)?;
    RecordReader::new(FORMAT, &plain)?.number()
}

const FORMAT: u8 = 5;

const PREFIX: &str = "FABABAAEAAAD";
