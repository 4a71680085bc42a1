use calamine::{Data, DataRef};

/// What the rules want to know of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Empty,
    Text(String),
    /// A number that is shown as a date.
    Date,
    Other,
}

fn text(text: &str) -> Content {
    match text.trim() {
        "" => Content::Empty,
        text => Content::Text(text.to_owned()),
    }
}

impl From<&DataRef<'_>> for Content {
    fn from(cell: &DataRef<'_>) -> Self {
        match cell {
            DataRef::Empty => Self::Empty,
            DataRef::String(string) => text(string),
            DataRef::SharedString(string) => text(string),
            DataRef::DateTime(_) | DataRef::DateTimeIso(_) => Self::Date,
            _ => Self::Other,
        }
    }
}

impl From<&Data> for Content {
    fn from(cell: &Data) -> Self {
        match cell {
            Data::Empty => Self::Empty,
            Data::String(string) => text(string),
            Data::DateTime(_) | Data::DateTimeIso(_) => Self::Date,
            _ => Self::Other,
        }
    }
}
