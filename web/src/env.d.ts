/** True in development builds only: guards every import of the simulator page. */
declare const __SIMULATOR__: boolean;
