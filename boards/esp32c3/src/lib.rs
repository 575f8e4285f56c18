//! What the ESP32-C3 board knows without its hardware: how it joins the Wi-Fi and stays there, and what its button means.
#![no_std]
#![forbid(unsafe_code)]

pub mod button;
pub mod joining;
pub mod patience;
