//! Where a JSON value ends (RFC 8259 §3).

use memchr::memchr2;

/// Finds where a value ends, one piece of the text after the other.
#[derive(Default)]
pub(super) struct Boundary {
    depth: u64,
    in_string: bool,
    escaped: bool,
    is_scalar: bool,
}

impl Boundary {
    /// How many bytes of `piece` belong to the value, or `None` when all do and the value goes on.
    pub(super) fn find(&mut self, piece: &[u8]) -> Option<usize> {
        let mut at = usize::from(self.escaped && !piece.is_empty());
        if at == 1 {
            self.escaped = false;
        }
        while let Some(rest) = piece.get(at..).filter(|rest| !rest.is_empty()) {
            if self.in_string {
                at += self.skip_string(rest);
                if !self.in_string && self.depth == 0 {
                    return Some(at);
                }
                continue;
            }
            if let Some(ended) = self.step(*rest.first()?) {
                return Some(at + usize::from(ended == Ended::After));
            }
            at += 1;
        }
        // A backslash at the end of a piece escapes the first byte of the next one.
        self.escaped |= at > piece.len();
        None
    }

    /// How many bytes of `rest` belong to the string, the closing quotation mark included.
    fn skip_string(&mut self, rest: &[u8]) -> usize {
        let mut at = 0;
        while let Some(found) = memchr2(b'"', b'\\', rest.get(at..).unwrap_or_default()) {
            at += found;
            if rest.get(at) == Some(&b'"') {
                self.in_string = false;
                return at + 1;
            }
            at += 2;
        }
        at.max(rest.len())
    }

    fn step(&mut self, byte: u8) -> Option<Ended> {
        match byte {
            b'"' => {
                if self.is_scalar {
                    return Some(Ended::Before);
                }
                self.in_string = true;
            }
            b'{' | b'[' => {
                if self.is_scalar {
                    return Some(Ended::Before);
                }
                self.depth += 1;
            }
            b'}' | b']' => match self.depth {
                0 => return Some(Ended::Before),
                1 => return Some(Ended::After),
                _ => self.depth -= 1,
            },
            _ if self.depth > 0 => {}
            b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => return Some(Ended::Before),
            _ => self.is_scalar = true,
        }
        None
    }

    /// Whether the value is complete if the text ends here: only numbers and literals have no closing character.
    pub(super) fn is_complete_at_end(&self) -> bool {
        self.is_scalar
    }
}

#[derive(PartialEq, Eq)]
enum Ended {
    /// With the byte before this one.
    Before,
    /// With this byte.
    After,
}
