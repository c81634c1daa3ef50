//! Random UUIDs (RFC 9562).

/// A random UUID (RFC 9562 §5.4) out of 16 random bytes, for `client-request-id`.
pub fn random_uuid(mut bytes: [u8; 16]) -> String {
    // RFC 9562 §5.4: version 4; §4.1: the variant.
    bytes[6] = 0x40 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let mut text = String::with_capacity(36);
    for (place, byte) in bytes.into_iter().enumerate() {
        // RFC 9562 §4: hyphens stand between groups of four, two, two, two and six bytes.
        if matches!(place, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push(digit(byte >> 4));
        text.push(digit(byte & 0x0f));
    }
    text
}

fn digit(value: u8) -> char {
    char::from(match value {
        0..10 => b'0' + value,
        _ => b'a' - 10 + value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uuid_says_version_four_and_variant_one() {
        assert_eq!(
            random_uuid([0xff; 16]),
            "ffffffff-ffff-4fff-bfff-ffffffffffff"
        );
        assert_eq!(random_uuid([0; 16]), "00000000-0000-4000-8000-000000000000");
        assert_eq!(
            random_uuid(std::array::from_fn(|place| 0x1f * (place as u8 % 8))),
            "001f3e5d-7c9b-4ad9-801f-3e5d7c9bbad9"
        );
    }
}
