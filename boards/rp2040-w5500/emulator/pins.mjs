// The board's pin map, as in src/chip/board.rs.
export const DETECTOR = 2;
export const GATES = [3, 4, 5];
export const PROBE = 6;
export const SELECT = 17;
export const RESET = 20;
export const INTERRUPT = 21;
export const LIGHT = 25;
