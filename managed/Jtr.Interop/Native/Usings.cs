// The generated border. Raw.X.__Internal is the blittable struct of jtr_x, Api the imports.
global using Api = Jtr.Bindings.NativeMethods.__Internal;
global using Raw = Jtr.Bindings;
