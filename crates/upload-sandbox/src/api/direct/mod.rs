//! Files in one request each: media, sales workbooks, event workbooks.

mod events;
mod excel;
mod form;
mod media;

pub(super) use events::events;
pub(super) use excel::excel;
pub(super) use media::media;
