export const switcher = {};
