use proptest::{
    prelude::*,
    sample::{Index, select},
};

/// One way to damage a document.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Flip(Index, u8),
    Set(Index, u8),
    CutOff(Index),
    Remove(Index, usize),
    Double(Index, usize),
    /// A piece of another document, or of this one.
    Splice(Index, Index, Index, usize),
    Insert(Index, &'static [u8]),
}

/// What parsers stumble over.
const AWKWARD: &[&[u8]] = &[
    b"\0",
    b"\n",
    b"\r\n",
    b"\"",
    b"\"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
    b"null",
    b"true",
    b"-1",
    b"0",
    b"1e999",
    b"18446744073709551615",
    b"18446744073709551616",
    b"9223372036854775808",
    b"0.0000000001",
    b"\\u0000",
    b"\\ud800",
    b"\xff",
    b"\xc3",
    b"\xef\xbb\xbf",
    b"\xe2\x80\xae",
    b"\x1b[2J",
    b" ",
    b",",
    b":",
    b";",
    b"=",
    b"%",
    b"%00",
    b"../",
    b"&lt;",
    b"&#0;",
    b"<!--",
    b"<![CDATA[",
    b"</",
];

impl Arbitrary for Edit {
    type Parameters = ();
    type Strategy = BoxedStrategy<Self>;

    fn arbitrary_with((): ()) -> Self::Strategy {
        let place = any::<Index>;
        prop_oneof![
            (place(), 0..8_u8).prop_map(|(at, bit)| Self::Flip(at, bit)),
            (place(), any::<u8>()).prop_map(|(at, byte)| Self::Set(at, byte)),
            place().prop_map(Self::CutOff),
            (place(), 1..40_usize).prop_map(|(at, length)| Self::Remove(at, length)),
            (place(), 1..400_usize).prop_map(|(at, length)| Self::Double(at, length)),
            (place(), place(), place(), 1..80_usize)
                .prop_map(|(at, which, from, length)| Self::Splice(at, which, from, length)),
            (place(), select(AWKWARD)).prop_map(|(at, what)| Self::Insert(at, what)),
        ]
        .boxed()
    }
}

impl Edit {
    /// The document, damaged.
    pub(crate) fn of(&self, mut bytes: Vec<u8>, others: &[Vec<u8>]) -> Vec<u8> {
        let between = |place: &Index, bytes: &[u8]| place.index(bytes.len() + 1);
        match self {
            Self::Flip(..) | Self::Set(..) if bytes.is_empty() => {}
            Self::Flip(at, bit) => *at.get_mut(&mut bytes) ^= 1 << bit,
            Self::Set(at, byte) => *at.get_mut(&mut bytes) = *byte,
            Self::CutOff(at) => bytes.truncate(between(at, &bytes)),
            Self::Remove(at, length) => {
                let start = between(at, &bytes);
                bytes.drain(start..bytes.len().min(start + length));
            }
            Self::Double(at, length) => {
                let start = between(at, &bytes);
                let end = bytes.len().min(start + length);
                let piece = bytes[start..end].to_vec();
                bytes.splice(start..start, piece);
            }
            Self::Splice(at, which, from, length) => {
                let other = which.get(others);
                let start = between(from, other);
                let piece = other[start..other.len().min(start + length)].to_vec();
                let at = between(at, &bytes);
                bytes.splice(at..at, piece);
            }
            Self::Insert(at, what) => {
                let at = between(at, &bytes);
                bytes.splice(at..at, what.iter().copied());
            }
        }
        bytes
    }
}
