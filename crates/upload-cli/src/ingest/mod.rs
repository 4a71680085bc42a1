//! Records on their way into the platform: read, typed, cut into batches, shaped. Nothing here talks to the network.

mod batch;
mod calendar;
mod dead_letter;
mod fields;
mod frame_size;
mod input_error;
mod read;
mod shape;
mod summary;
mod typing;

pub(crate) use self::{
    batch::{Batch, Batcher, Limits},
    dead_letter::DeadLetters,
    input_error::InputError,
    read::{Format, Input, Reading, read},
    shape::body,
    typing::{ColumnTypes, FieldType},
};

/// One record, as one line of JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    /// A JSON object without line breaks.
    pub(crate) json: String,
    /// Its place among the input's records, from 1.
    pub(crate) row: u64,
    /// The line of the input it begins on, from 1.
    pub(crate) line: u64,
}
