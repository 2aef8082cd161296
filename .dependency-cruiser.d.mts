/** Rooms of src/ by floor, lowest first. */
export const FLOORS: readonly (readonly string[])[]
